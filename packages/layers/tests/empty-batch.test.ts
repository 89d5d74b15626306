import * as tf from '@tensorflow/tfjs-core';
import { type AnyModule, tidyTape, valueAndGrads } from '@zoo/core';
import { describe, expect, it } from 'vitest';
import {
  AdaptiveAvgPool2d,
  AdaptiveMaxPool2d,
  AvgPool2d,
  BatchNorm1d,
  BatchNorm2d,
  Conv2d,
  ConvTranspose2d,
  Dropout,
  Embedding,
  Flatten,
  GlobalAvgPool,
  GlobalMaxPool,
  Linear,
  LocalResponseNorm,
  LSTM,
  MaxPool2d,
  ReLU,
  Sigmoid,
  Softmax,
  Tanh,
  Upsample,
} from '../src/index.ts';

const images = (): tf.Tensor => tf.zeros([0, 8, 8, 4]);
const rows = (): tf.Tensor => tf.zeros([0, 4]);

/** Layer, input and the shape that PyTorch 1.13 gives for it, channels last. */
const cases: Record<string, [() => AnyModule, () => tf.Tensor, number[]]> = {
  Conv2d: [() => new Conv2d(4, 6, 3, { padding: 1 }), images, [0, 8, 8, 6]],
  'Conv2d with stride': [() => new Conv2d(4, 6, 3, { padding: 1, stride: 2 }), images, [0, 4, 4, 6]],
  'Conv2d with dilation': [() => new Conv2d(4, 6, 3, { dilation: 2 }), images, [0, 4, 4, 6]],
  'Conv2d with groups': [() => new Conv2d(4, 6, 3, { groups: 2 }), images, [0, 6, 6, 6]],
  'depthwise Conv2d': [() => new Conv2d(4, 4, 3, { groups: 4 }), images, [0, 6, 6, 4]],
  'Conv2d of one pixel': [() => new Conv2d(4, 6, 1), images, [0, 8, 8, 6]],
  ConvTranspose2d: [() => new ConvTranspose2d(4, 6, 3, { stride: 2 }), images, [0, 17, 17, 6]],
  Linear: [() => new Linear(4, 6), rows, [0, 6]],
  BatchNorm2d: [() => new BatchNorm2d(4), images, [0, 8, 8, 4]],
  BatchNorm1d: [() => new BatchNorm1d(4), rows, [0, 4]],
  'BatchNorm2d without affine': [() => new BatchNorm2d(4, { affine: false }), images, [0, 8, 8, 4]],
  MaxPool2d: [() => new MaxPool2d(2), images, [0, 4, 4, 4]],
  'padded MaxPool2d': [() => new MaxPool2d(3, { stride: 2, padding: 1, ceilMode: true }), images, [0, 5, 5, 4]],
  AvgPool2d: [() => new AvgPool2d(2), images, [0, 4, 4, 4]],
  'padded AvgPool2d': [() => new AvgPool2d(3, { stride: 2, padding: 1 }), images, [0, 4, 4, 4]],
  AdaptiveAvgPool2d: [() => new AdaptiveAvgPool2d(3), images, [0, 3, 3, 4]],
  AdaptiveMaxPool2d: [() => new AdaptiveMaxPool2d(3), images, [0, 3, 3, 4]],
  GlobalAvgPool: [() => new GlobalAvgPool(), images, [0, 4]],
  GlobalMaxPool: [() => new GlobalMaxPool(), images, [0, 4]],
  LocalResponseNorm: [() => new LocalResponseNorm(5), images, [0, 8, 8, 4]],
  ReLU: [() => new ReLU(), images, [0, 8, 8, 4]],
  Sigmoid: [() => new Sigmoid(), images, [0, 8, 8, 4]],
  Tanh: [() => new Tanh(), images, [0, 8, 8, 4]],
  Softmax: [() => new Softmax(), rows, [0, 4]],
  Dropout: [() => new Dropout(0.5), images, [0, 8, 8, 4]],
  Flatten: [() => new Flatten(), images, [0, 256]],
  Embedding: [() => new Embedding(5, 3), () => tf.zeros([0, 4], 'int32'), [0, 4, 3]],
  LSTM: [() => new LSTM(4, 3), () => tf.zeros([5, 0, 4]), [5, 0, 3]],
  Upsample: [() => new Upsample({ scaleFactor: 2 }), images, [0, 16, 16, 4]],
};

const output = (result: unknown): tf.Tensor =>
  result instanceof tf.Tensor ? result : (result as { output: tf.Tensor }).output;

const numbers = async (tensor: tf.Tensor): Promise<number[]> => [...(await tensor.data())];

describe.each(Object.entries(cases))('%s of no examples', { timeout: 60_000 }, (_, [create, input, shape]) => {
  it('has the shape of PyTorch', async () => {
    const layer = create();
    const x = input();
    for (const y of [output(layer.call(x)), output(layer.predict(x))]) {
      expect(y.shape).toEqual(shape);
      expect(await numbers(y)).toEqual([]);
    }
    layer.dispose();
  });

  it('has no gradient but zeros', async () => {
    const layer = create();
    const x = input();
    const loss = (at: tf.Tensor): tf.Tensor => tf.sum(output(layer.call(at)));
    if (x.dtype === 'float32') expect(tidyTape(() => tf.grad(loss)(x)).shape).toEqual(x.shape);
    const parameters = layer.parameters();
    if (parameters.length === 0) return;
    const { value, grads } = valueAndGrads(() => loss(x), parameters);
    expect(await numbers(value)).toEqual([0]);
    expect(grads.size).toBe(parameters.length);
    for (const gradient of grads.values()) {
      expect((await numbers(gradient)).map(Math.abs)).toEqual(new Array(gradient.size).fill(0));
    }
    layer.dispose();
  });
});

it('leaves the statistics of a batch norm, and counts the batch, as PyTorch does', async () => {
  for (const momentum of [0.1, null]) {
    const layer = new BatchNorm2d(4, { momentum });
    layer.call(images()).dispose();
    expect(await numbers(layer.running_mean!.value())).toEqual([0, 0, 0, 0]);
    expect(await numbers(layer.running_var!.value())).toEqual([1, 1, 1, 1]);
    expect(layer.num_batches_tracked!.value).toBe(1);
    expect(() => layer.call(tf.zeros([1, 1, 1, 4]))).toThrow(/more than 1 value/);
    layer.dispose();
  }
});

it('refuses a sequence without steps, as PyTorch does', () => {
  expect(() => new LSTM(4, 3).call(tf.zeros([0, 2, 4]))).toThrow(/at least one step/);
});
