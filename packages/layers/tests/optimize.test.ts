import * as tf from '@tensorflow/tfjs-core';
import { Module, Sequential, seeded } from '@zoo/core';
import { fillModule } from '@zoo/testing';
import { describe, expect, it } from 'vitest';
import { BatchNorm1d, BatchNorm2d, Conv2d, Flatten, Linear, ReLU } from '../src/index.ts';

const images = () =>
  tf.tensor4d(
    Float32Array.from({ length: 2 * 6 * 6 * 4 }, (_, i) => Math.sin(0.7 * i)),
    [2, 6, 6, 4],
  );

type Net = Module<[tf.Tensor], tf.Tensor>;

/** Largest difference between the net's outputs before and after, as a share of the largest output. */
async function differenceAfterFolding(net: Net): Promise<number> {
  fillModule(net);
  const x = images();
  const before = net.predict(x);
  expect(net.optimizeForInference({ inputShape: [1, 6, 6, 4] })).toBe(net);
  const after = net.predict(x);
  const difference = tf.tidy(() => tf.div(tf.max(tf.abs(tf.sub(after, before))), tf.max(tf.abs(before))));
  const value = (await difference.data())[0]!;
  tf.dispose([x, before, after, difference]);
  return value;
}

const stateOf = (net: Net) => Array.from(net.stateEntries(), ([name]) => name);

/** The kernels of one prediction; tfjs also lists the public op around a fused kernel. */
async function kernelsOf(net: Net): Promise<string[]> {
  const x = images();
  const { kernelNames } = await tf.profile(() => net.predict(x));
  x.dispose();
  return kernelNames.filter((name) => !name.endsWith('__op'));
}

describe('optimizeForInference', () => {
  it('folds batch norm and ReLU into convolutions, with or without bias, groups and dilation', async () => {
    const net = seeded(1, () =>
      new Sequential(
        new Conv2d(4, 8, 3, { bias: false, padding: 1 }), new BatchNorm2d(8), new ReLU(),
        new Conv2d(8, 8, 3, { groups: 4, padding: 1 }), new BatchNorm2d(8), new ReLU(),
        new Conv2d(8, 6, 3, { dilation: 2, padding: 2 }), new BatchNorm2d(6, { affine: false }), new ReLU(),
      ),
    ); // biome-ignore format: a layer and what folds into it
    expect(await differenceAfterFolding(net)).toBeLessThan(1e-5);
    expect(stateOf(net)).toEqual(['0.weight', '0.bias', '3.weight', '3.bias', '6.weight', '6.bias']);
    expect(net.trainableParameters()).toEqual([]);
  });

  it('runs one kernel for convolution, batch norm and ReLU', async () => {
    const net = new Sequential(new Conv2d(4, 8, 3, { bias: false }), new BatchNorm2d(8), new ReLU());
    net.optimizeForInference({ inputShape: [1, 6, 6, 4] });
    // libtensorflow's fused convolution calls the kernels of its steps.
    expect((await kernelsOf(net)).filter((name) => !['Add', 'Relu'].includes(name))).toEqual(['FusedConv2D']);
    expect((await kernelsOf(net)).length).toBeLessThanOrEqual(tf.getBackend() === 'tensorflow' ? 3 : 1);
  });

  it('folds BatchNorm1d into linear layers', async () => {
    const net = new Sequential(new Flatten(), new Linear(144, 5, { bias: false }), new BatchNorm1d(5), new ReLU());
    expect(await differenceAfterFolding(net)).toBeLessThan(1e-5);
    expect(stateOf(net)).toEqual(['1.weight', '1.bias']);
  });

  it('changes nothing the second time', async () => {
    const net = new Sequential(new Conv2d(4, 8, 3), new BatchNorm2d(8), new ReLU());
    expect(await differenceAfterFolding(net)).toBeLessThan(1e-5);
    const x = images();
    const before = net.predict(x);
    const after = net.optimizeForInference({ inputShape: [1, 6, 6, 4] }).predict(x);
    expect(await after.data()).toEqual(await before.data());
    tf.dispose([x, before, after]);
  });

  it('takes a ReLU module that is shared, as in residual blocks', async () => {
    class Block extends Module<[tf.Tensor], tf.Tensor> {
      conv = new Conv2d(4, 4, 3, { padding: 1 });
      bn = new BatchNorm2d(4);
      relu = new ReLU();
      forward(x: tf.Tensor): tf.Tensor {
        return this.relu.call(tf.sub(this.relu.call(this.bn.call(this.conv.call(x))), x));
      }
    }
    const net = new Block();
    expect(await differenceAfterFolding(net)).toBeLessThan(1e-5);
    expect((await kernelsOf(net)).filter((name) => name === 'Relu')).toHaveLength(1);
  });
});

describe('batch norm before the convolution, as in DenseNet', () => {
  it('becomes one multiplication and one addition', async () => {
    const net = new Sequential(new BatchNorm2d(4), new ReLU(), new Conv2d(4, 2, 3));
    expect(await differenceAfterFolding(net)).toBeLessThan(1e-6);
    expect(stateOf(net)).toEqual(['0.weight', '0.bias', '2.weight', '2.bias']);
    expect((await kernelsOf(net)).slice(0, 3)).toEqual(['Multiply', 'Add', 'Relu']);
    const plain = new Sequential(new BatchNorm2d(4, { affine: false }), new Conv2d(4, 2, 3));
    expect(await differenceAfterFolding(plain)).toBeLessThan(1e-6);
    expect(plain.trainableParameters()).toEqual([]);
  });
});

describe('optimizeForInference leaves alone', () => {
  it('a convolution whose raw output is read elsewhere', async () => {
    class Branching extends Module<[tf.Tensor], tf.Tensor> {
      conv = new Conv2d(4, 4, 1);
      bn = new BatchNorm2d(4);
      relu = new ReLU();
      forward(x: tf.Tensor): tf.Tensor {
        const raw = this.conv.call(x);
        const normed = this.bn.call(raw);
        return tf.add(raw, tf.mul(normed, this.relu.call(normed)));
      }
    }
    const net = new Branching();
    expect(await differenceAfterFolding(net)).toBeLessThan(1e-6);
    expect(stateOf(net)).toContain('bn.weight');
  });

  it('layers that are called twice or share a weight', async () => {
    class Twice extends Module<[tf.Tensor], tf.Tensor> {
      conv = new Conv2d(4, 4, 1);
      bn = new BatchNorm2d(4);
      forward(x: tf.Tensor): tf.Tensor {
        return this.bn.call(this.conv.call(this.conv.call(x)));
      }
    }
    expect(await differenceAfterFolding(new Twice())).toBeLessThan(1e-6);
    const [first, second] = [new Conv2d(4, 4, 1), new Conv2d(4, 4, 1)];
    Object.assign(second, { weight: first.weight });
    const tied = new Sequential(first, new BatchNorm2d(4), second);
    expect(await differenceAfterFolding(tied)).toBeLessThan(1e-6);
    expect(stateOf(tied)).toContain('1.weight');
  });

  it('a net that returns the raw output too, and batch norm without running statistics', async () => {
    class Raw extends Module<[tf.Tensor], tf.Tensor> {
      conv = new Conv2d(4, 4, 1);
      relu = new ReLU();
      forward(x: tf.Tensor): tf.Tensor {
        const raw = this.conv.call(x);
        this.relu.call(raw);
        return raw;
      }
    }
    expect(await differenceAfterFolding(new Raw())).toBe(0);
    const net = new Sequential(new Conv2d(4, 4, 1), new BatchNorm2d(4, { trackRunningStats: false }));
    expect(await differenceAfterFolding(net)).toBeLessThan(1e-6);
    expect(stateOf(net)).toContain('1.weight');
  });

  it('nets of unknown input shape, and says so', () => {
    expect(() => new Sequential(new Conv2d(4, 4, 1)).optimizeForInference()).toThrow(/Sequential.*inputShape/);
  });
});
