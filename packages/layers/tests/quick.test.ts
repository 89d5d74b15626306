import * as tf from '@tensorflow/tfjs-core';
import { Sequential } from '@zoo/core';
import { expect, test } from 'vitest';
import * as L from '../src/index.ts';
test('quick', async () => {
  const net = new Sequential(new L.Conv2d(1, 6, 5, { padding: 2 }), new L.BatchNorm2d(6), new L.ReLU(), new L.AvgPool2d(2), new L.Flatten(), new L.Dropout(0.3), new L.Linear(6 * 14 * 14, 10));
  console.log(String(net.summary([1, 28, 28, 1])));
  const x = tf.randomNormal([2, 28, 28, 1]);
  const { value, grads } = tf.variableGrads(() => tf.sum(tf.square(net.call(x))) as tf.Scalar, net.parameters().map((p) => p.variable()));
  expect(Object.keys(grads).length).toBe(6);
  expect(Number.isFinite((await value.data())[0])).toBe(true);
});
