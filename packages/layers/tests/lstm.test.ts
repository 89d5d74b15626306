import * as tf from '@tensorflow/tfjs-core';
import { fillModule, gradCheck, relativeError } from '@zoo/testing';
import { expect, test } from 'vitest';
import { LSTM } from '../src/index.ts';
import { toTensor, values } from './naive.ts';

const filled = (layer: LSTM) => {
  fillModule(layer);
  return layer;
};
const x = () => toTensor(values('x', [4, 2, 3])); // [t, n, f]

test('time comes first unless told otherwise', async () => {
  const timeFirst = filled(new LSTM(3, 2)).call(x());
  const batchFirst = filled(new LSTM(3, 2, { batchFirst: true })).call(tf.transpose(x(), [1, 0, 2]));
  expect(timeFirst.output.shape).toEqual([4, 2, 2]);
  expect(batchFirst.output.shape).toEqual([2, 4, 2]);
  const swapped = await tf.transpose(batchFirst.output, [1, 0, 2]).data();
  expect(relativeError(swapped, Array.from(await timeFirst.output.data()))).toBeLessThan(1e-6);
});

test('continues from a state: two halves give the same as the whole', async () => {
  const layer = filled(new LSTM(3, 2, { numLayers: 2 }));
  const whole = layer.call(x());
  const first = layer.call(tf.slice(x(), 0, 2));
  const second = layer.call(tf.slice(x(), 2, 2), first.state);
  expect(relativeError(await second.state.c.data(), Array.from(await whole.state.c.data()))).toBeLessThan(1e-6);
  const output = await tf.concat([first.output, second.output]).data();
  expect(relativeError(output, Array.from(await whole.output.data()))).toBeLessThan(1e-6);
});

test('one step by its equations', async () => {
  const layer = new LSTM(1, 1, { bias: false });
  const load = (name: string, data: number[]) => ({
    dtype: 'float32' as const,
    shape: [4, 1],
    data: Float32Array.from(data),
    name,
  });
  const tensors = [load('weight_ih_l0', [0.1, 0.2, 0.3, 0.4]), load('weight_hh_l0', [0.5, 0.6, 0.7, 0.8])];
  layer.loadStateDict(new Map(tensors.map(({ name, ...tensor }) => [name, tensor])));
  const state = { h: tf.tensor3d([0.5], [1, 1, 1]), c: tf.tensor3d([-1], [1, 1, 1]) };
  const result = layer.call(tf.tensor3d([2], [1, 1, 1]), state);
  const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));
  const gate = (wi: number, wh: number) => wi * 2 + wh * 0.5;
  const c = sigmoid(gate(0.2, 0.6)) * -1 + sigmoid(gate(0.1, 0.5)) * Math.tanh(gate(0.3, 0.7));
  expect((await result.state.c.data())[0]).toBeCloseTo(c, 5);
  expect((await result.output.data())[0]).toBeCloseTo(sigmoid(gate(0.4, 0.8)) * Math.tanh(c), 5);
});

test('has gradients through output, state and initial state', async () => {
  const layer = filled(new LSTM(3, 2, { numLayers: 2 }));
  const short = toTensor(values('x', [2, 1, 3]));
  await gradCheck((t) => layer.call(t).output, short);
  await gradCheck((t) => layer.call(t).state.c, short);
  const [h, c] = [toTensor(values('h', [2, 1, 2])), toTensor(values('c', [2, 1, 2]))];
  await gradCheck((t) => layer.call(short, { h: t, c }).output, h);
  await gradCheck((t) => layer.call(short, { h, c: t }).output, c);
});

test('leaves no tensors behind', () => {
  const layer = filled(new LSTM(3, 2, { numLayers: 2 })).materialize();
  const input = x();
  const before = tf.memory().numTensors;
  const { output, state } = layer.call(input);
  expect(tf.memory().numTensors).toBe(before + 3);
  tf.dispose([output, state.h, state.c]);
});

test('wrong inputs and states are named', () => {
  const layer = new LSTM(3, 2, { batchFirst: true });
  expect(() => layer.call(tf.zeros([2, 3]))).toThrow('expected [n, t, 3], got [2, 3]');
  const state = { h: tf.zeros([1, 5, 2]), c: tf.zeros([1, 2, 2]) };
  expect(() => layer.call(tf.zeros([2, 4, 3]), state)).toThrow('expected a state of [1, 2, 2], got [1, 5, 2]');
});
