import * as tf from '@tensorflow/tfjs-core';
import { createModel, createRegistry, sharedRegistry } from '@zoo/core';
import { testModelFamily } from '@zoo/testing';
import { describe, expect, it } from 'vitest';
import { lenet, lenet_bn, lenet5 } from '../src/index.ts';
import '../src/register.ts';

testModelFamily(lenet, {
  lenet5: { parameters: 61706 },
  lenet5_relu: { parameters: 61706 },
  lenet_maxpool: { parameters: 44426 },
  lenet_bn: { parameters: 44878 },
});

describe('the shape table of the notes', () => {
  it('holds for LeNet-5 in NCHW', () => {
    const summary = lenet5().summary([1, 1, 28, 28], { layout: 'nchw' });
    expect(summary.rows.filter((row) => row.leaf).map((row) => [row.type, row.outputShape])).toEqual([
      ['Conv2d', [1, 6, 28, 28]],
      ['Sigmoid', [1, 6, 28, 28]],
      ['AvgPool2d', [1, 6, 14, 14]],
      ['Conv2d', [1, 16, 10, 10]],
      ['Sigmoid', [1, 16, 10, 10]],
      ['AvgPool2d', [1, 16, 5, 5]],
      ['Flatten', [1, 400]],
      ['Linear', [1, 120]],
      ['Sigmoid', [1, 120]],
      ['Linear', [1, 84]],
      ['Sigmoid', [1, 84]],
      ['Linear', [1, 10]],
    ]);
    expect(summary.multiplyAdds).toBe(28 * 28 * 6 * 25 + 10 * 10 * 16 * 150 + 400 * 120 + 120 * 84 + 84 * 10);
  });
});

describe('the registry', () => {
  it('creates variants by name, typed', () => {
    const net = createRegistry().use(lenet).create('lenet_bn', { numClasses: 3 });
    expect(net.numFeatures).toBe(84);
    expect(sharedRegistry().listModels('lenet*')).toEqual(['lenet5', 'lenet5_relu', 'lenet_maxpool', 'lenet_bn']);
    expect(createModel('lenet5', { seed: 1 }).featureInfo).toHaveLength(2);
    // @ts-expect-error an unknown name is a compile error for typed registries, and throws for everyone else
    expect(() => createRegistry().use(lenet).create('lenet6')).toThrow(/Did you mean 'lenet5'/);
  });
});

describe('wrong input', () => {
  it('names the layer, the expected and the given shape', () => {
    const net = lenet_bn();
    const x = tf.ones([1, 28, 28, 3]);
    expect(() => net.predict(x)).toThrow(/features\.0.*Conv2d.*\[n, h, w, 1\].*\[1, 28, 28, 3\]/);
    x.dispose();
    net.dispose();
  });
});
