import * as tf from '@tensorflow/tfjs-core';
import { Sequential, valueAndGrads } from '@zoo/core';
import { gradCheck, relativeError } from '@zoo/testing';
import { describe, expect, test } from 'vitest';
import { Conv2d, conv2d } from '../src/index.ts';
import { naiveConv2d, toTensor, values } from './naive.ts';

type Pair = [number, number];
interface Case {
  size?: Pair;
  channels?: Pair;
  kernel?: Pair;
  stride?: Pair;
  padding?: Pair;
  dilation?: Pair;
  groups?: number;
}

const cases: Record<string, Case> = {
  'dilation 2': { dilation: [2, 2] },
  'dilation 3 x 2, padding beyond the kernel': { dilation: [1, 2], padding: [3, 5] },
  'dilation along one axis': { dilation: [1, 3], padding: [0, 2] },
  'stride and dilation': { stride: [2, 2], dilation: [2, 2], padding: [2, 2] },
  'stride one way, dilation the other': { stride: [2, 1], dilation: [1, 2], padding: [1, 2] },
  'stride that leaves rows over': { size: [7, 8], stride: [3, 3], padding: [1, 0] },
  'stride larger than the kernel': { kernel: [1, 1], stride: [2, 3], dilation: [2, 2] },
  'two groups': { channels: [4, 6], groups: 2, padding: [1, 1] },
  'two groups, stride, dilation': { channels: [4, 2], groups: 2, stride: [2, 2], dilation: [2, 2], padding: [2, 2] },
  'two groups, dilation': { channels: [4, 2], groups: 2, dilation: [2, 2], padding: [2, 1] },
  depthwise: { channels: [3, 3], groups: 3, padding: [1, 1] },
  'depthwise with multiplier, stride': { channels: [2, 4], groups: 2, stride: [2, 2], padding: [1, 1] },
  'depthwise with dilation': { channels: [2, 4], groups: 2, dilation: [2, 2], padding: [2, 2] },
  'depthwise with uneven stride': { channels: [2, 4], groups: 2, stride: [1, 2], padding: [1, 1] },
};

function setup(given: Case) {
  const { size = [6, 7], channels = [2, 3], kernel = [3, 3], padding = [0, 0] } = given;
  const { stride = [1, 1], dilation = [1, 1], groups = 1 } = given;
  const x = values('x', [2, ...size, channels[0]]);
  const weight = values('weight', [...kernel, channels[0] / groups, channels[1]]);
  const along = (axis: 0 | 1) =>
    Math.floor((size[axis] + 2 * padding[axis] - dilation[axis] * (kernel[axis] - 1) - 1) / stride[axis]) + 1;
  return { x, weight, output: [along(0), along(1)] as Pair, window: { stride, padding, dilation, groups } };
}

describe('conv2d', () => {
  test.each(Object.entries(cases))('%s is the sum of products', async (_, given) => {
    const { x, weight, output, window } = setup(given);
    const y = conv2d(toTensor(x), toTensor(weight), window);
    expect(y.shape).toEqual([2, ...output, weight.shape[3]]);
    expect(relativeError(await y.data(), naiveConv2d(x, weight, output, window))).toBeLessThan(1e-5);
  });

  test.each(Object.entries(cases))('%s has both gradients', async (_, given) => {
    const { x, weight, window } = setup(given);
    const [input, kernel] = [toTensor(x), toTensor(weight)];
    await gradCheck((t) => conv2d(t, kernel, window), input);
    await gradCheck((t) => conv2d(input, t, window), kernel);
  });

  test("padding 'same' keeps the size, the odd pixel at the bottom and right", async () => {
    const x = values('x', [1, 5, 6, 2]);
    const weight = values('weight', [4, 3, 2, 2]);
    const y = conv2d(toTensor(x), toTensor(weight), { padding: 'same', dilation: [1, 2] });
    const window = { stride: [1, 1] as Pair, padding: [1, 2] as Pair, dilation: [1, 2] as Pair, groups: 1 };
    expect(relativeError(await y.data(), naiveConv2d(x, weight, [5, 6], window))).toBeLessThan(1e-5);
    expect(() => new Conv2d(1, 1, 3, { padding: 'same', stride: 2 })).toThrow("padding 'same' needs stride 1");
  });

  test('bias adds the same with and without a gradient being recorded', async () => {
    const [x, weight, bias] = [values('x', [1, 5, 5, 2]), values('weight', [3, 3, 2, 3]), values('bias', [3])].map(
      toTensor,
    );
    const run = () => conv2d(x!, weight!, { bias: bias!, padding: 1, stride: 2 });
    let recorded: tf.Tensor | undefined;
    tf.grad((t) => {
      recorded = tf.keep(conv2d(t, weight!, { bias: bias!, padding: 1, stride: 2 }));
      return tf.sum(recorded);
    })(x!);
    expect(relativeError(await run().data(), Array.from(await recorded!.data()))).toBeLessThan(1e-6);
  });
});

describe('Conv2d', () => {
  test('state dict has PyTorch names and shapes', () => {
    const shapes = (layer: Conv2d) => Array.from(layer.stateEntries(), ([name, entry]) => [name, entry.shape]);
    expect(shapes(new Conv2d(4, 6, [3, 5], { groups: 2 }))).toEqual([
      ['weight', [6, 2, 3, 5]],
      ['bias', [6]],
    ]);
    expect(shapes(new Conv2d(4, 6, 1, { bias: false }))).toEqual([['weight', [6, 4, 1, 1]]]);
  });

  test('multiply-adds count products, grouped and dilated ones too', () => {
    const count = (layer: Conv2d) => layer.summary([1, 8, 8, 4]).multiplyAdds;
    expect(count(new Conv2d(4, 6, 3, { padding: 1 }))).toBe(8 * 8 * 6 * 9 * 4);
    expect(count(new Conv2d(4, 6, 3, { padding: 1, groups: 2 }))).toBe(8 * 8 * 6 * 9 * 2);
    expect(count(new Conv2d(4, 4, 3, { padding: 1, groups: 4, stride: 2 }))).toBe(4 * 4 * 4 * 9);
    expect(count(new Conv2d(4, 6, 3, { padding: 2, dilation: 2, stride: 2 }))).toBe(4 * 4 * 6 * 9 * 4);
  });

  test('wrong inputs say what was expected, what came, and where', () => {
    const net = new Sequential({ stem: new Conv2d(3, 4, 5) });
    expect(() => net.call(tf.zeros([8, 28, 28, 1]))).toThrow(
      /Layer 'stem' \(Conv2d\).*expected \[n, h, w, 3\], got \[8, 28, 28, 1\]/,
    );
    expect(() => net.call(tf.zeros([8, 3, 28, 28]))).toThrow('NCHW');
    expect(() => net.call(tf.zeros([28, 28, 3]))).toThrow('expected [n, h, w, 3], got [28, 28, 3]');
    expect(() => net.call(tf.zeros([1, 4, 9, 3]))).toThrow('the output would be 0x5');
    expect(() => net.call(tf.zeros([8, 28, 28, 1]))).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
  });

  test('wrong options are refused when the layer is made', () => {
    expect(() => new Conv2d(3, 4, 0)).toThrow('kernelSize must be integers of at least 1, got 0');
    expect(() => new Conv2d(3, 4, 3, { groups: 2 })).toThrow('groups must divide both channel counts');
    expect(() => new Conv2d(3, 4, 3, { padding: -1 })).toThrow('padding');
    expect(() => new Conv2d(3.5, 4, 3)).toThrow('inChannels');
  });

  test('gradients that nobody wants are not computed', () => {
    const first = new Conv2d(2, 2, 3, { dilation: 2 }).materialize();
    const x = toTensor(values('x', [1, 9, 9, 2]));
    const kernels = kernelsDuring(() => {
      const { value, grads } = valueAndGrads(() => tf.sum(first.call(x)), first.parameters());
      tf.dispose([value, ...grads.values()]);
    });
    expect(kernels).toContain('Transpose'); // the kernel's gradient
    expect(kernels).not.toContain('Reverse'); // the input's gradient
  });
});

/** Names of the kernels that ran during `f`. */
function kernelsDuring(f: () => void): string[] {
  const engine = tf.engine();
  const { runKernel } = engine;
  const names: string[] = [];
  engine.runKernel = ((name, inputs, attrs) => {
    names.push(name);
    return runKernel.call(engine, name, inputs, attrs);
  }) as typeof runKernel;
  try {
    f();
  } finally {
    engine.runKernel = runKernel;
  }
  return names;
}
