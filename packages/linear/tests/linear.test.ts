import * as tf from '@tensorflow/tfjs-core';
import { valueAndGrads } from '@zoo/core';
import { testModelFamily } from '@zoo/testing';
import { describe, expect, it } from 'vitest';
import { linear, linear_regression } from '../src/index.ts';

const { linear_regression: _, ...imageModels } = linear.models!;
testModelFamily(
  { name: 'image models of @zoo/linear', models: imageModels },
  { softmax_regression: { parameters: 7850 }, mlp: { parameters: 203530, options: { dropRate: 0 } } },
);

describe('linear regression', () => {
  it('has the gradient of the squared error', async () => {
    const net = linear_regression({ inFeatures: 2, seed: 1 });
    net.loadStateDict(
      new Map([
        ['linear.weight', { dtype: 'float32', shape: [1, 2], data: Float32Array.of(2, -1) }],
        ['linear.bias', { dtype: 'float32', shape: [1], data: Float32Array.of(0.5) }],
      ]),
    );
    const x = tf.tensor2d([
      [1, 2],
      [3, 4],
    ]);
    const y = tf.tensor2d([[1], [1]]);
    // residuals: 2 - 2 + 0.5 - 1 = -0.5 and 6 - 4 + 0.5 - 1 = 1.5
    const { value, grads } = valueAndGrads(() => tf.mean(tf.square(tf.sub(net.call(x), y))), net.parameters());
    expect((await value.data())[0]).toBeCloseTo((0.25 + 2.25) / 2, 5);
    const [weight, bias] = net.parameters().map((p) => grads.get(p)!);
    expect(Array.from(await weight!.data())).toEqual([-0.5 + 4.5, -1 + 6]);
    expect(Array.from(await bias!.data())).toEqual([1]);
    tf.dispose([x, y, value, ...grads.values()]);
    net.dispose();
  });
});
