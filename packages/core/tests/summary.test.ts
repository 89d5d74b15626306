import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { Module, Parameter, Sequential } from '../src/index.ts';

class Conv extends Module {
  weight: Parameter;
  constructor(inChannels: number, outChannels: number, size: number) {
    super();
    this.weight = new Parameter([outChannels, inChannels, size, size], { layout: [2, 3, 1, 0] });
  }
  forward(x: tf.Tensor): tf.Tensor {
    return tf.conv2d(x as tf.Tensor4D, this.weight.value() as tf.Tensor4D, 1, 'same');
  }
}

class Residual extends Module {
  conv = new Conv(4, 4, 3);
  forward(x: tf.Tensor): tf.Tensor {
    return tf.relu(tf.add(x, this.conv.call(x)));
  }
}

describe('summary', () => {
  it('gives shapes, parameters and multiply-adds without allocating a weight', () => {
    const net = new Sequential(new Conv(3, 4, 3), new Residual());
    const [backend, { numTensors }] = [tf.getBackend(), tf.memory()];
    const summary = net.summary([2, 8, 6, 3]);
    expect(tf.getBackend()).toBe(backend);
    expect(tf.memory().numTensors).toBe(numTensors);
    expect([...net.parameters()].some((p) => p.materialized)).toBe(false);
    expect(summary.rows.map((r) => [r.name, r.outputShape, r.parameters, r.multiplyAdds])).toEqual([
      ['', [2, 8, 6, 4], 252, 2 * 8 * 6 * 4 * 9 * (3 + 4)],
      ['0', [2, 8, 6, 4], 108, 2 * 8 * 6 * 4 * 27],
      ['1', [2, 8, 6, 4], 144, 2 * 8 * 6 * 4 * 36],
      ['1.conv', [2, 8, 6, 4], 144, 2 * 8 * 6 * 4 * 36],
    ]);
    expect(summary.stateBytes).toBe(252 * 4);
  });

  it('knows the values and the int32 indices of the largest entries', () => {
    class Neighbours extends Module {
      forward(x: tf.Tensor): tf.Tensor {
        const { values, indices } = tf.topk(x, 3);
        return tf.sum(tf.mul(tf.oneHot(indices as tf.Tensor1D, 5), tf.expandDims(values, -1)), 1);
      }
    }
    expect(new Neighbours().summary([2, 7]).rows.map(({ outputShape }) => outputShape)).toEqual([[2, 5]]);
  });

  it('takes and prints NCHW', () => {
    const summary = new Sequential(new Conv(3, 4, 3)).summary([2, 3, 8, 6], { layout: 'nchw' });
    expect(summary.rows.at(-1)!.outputShape).toEqual([2, 4, 8, 6]);
    expect(summary.toString()).toContain('[2, 4, 8, 6]');
  });

  it('counts a shared parameter once and every call of it', () => {
    const conv = new Conv(3, 3, 1);
    const summary = new Sequential(conv, conv).summary([1, 4, 4, 3]);
    expect(summary.parameters).toBe(9);
    expect(summary.multiplyAdds).toBe(2 * 16 * 9);
  });

  it('works after the net was used, and the net after it', async () => {
    const net = new Sequential(new Conv(1, 1, 1));
    const x = tf.ones([1, 2, 2, 1]);
    net.predict(x).dispose();
    net.summary([1, 2, 2, 1]);
    const y = net.predict(x);
    expect(y.shape).toEqual([1, 2, 2, 1]);
    expect(await y.data()).toEqual(new Float32Array(4));
    tf.dispose([x, y]);
    net.dispose();
  });

  it('names the layer a shape does not fit', () => {
    expect(() => new Sequential(new Conv(3, 4, 3)).summary([1, 8, 8, 5])).toThrow(/Layer '0' \(Conv\).*depth of input/);
    expect(() => new Conv(3, 4, 3).summary([0, 8, 8, 3])).toThrow(/positive integers/);
  });
});
