import * as tf from '@tensorflow/tfjs-core';
import { createModel, createRegistry } from '@zoo/core';
import { testModelFamily } from '@zoo/testing';
import { describe, expect, it } from 'vitest';
import { auxiliaryLoss, googlenet, googlenet_d2l, inception, inception_v3 } from '../src/index.ts';
import '../src/register.ts';

// Auxiliary classifiers have no part in the logits, and so no gradient from them.
const options = { auxLogits: false };

testModelFamily(inception, {
  googlenet: { parameters: 13_004_888, gflops: 1.498, inputShape: [2, 32, 32, 3], options },
  inception_v3: { parameters: 27_161_264, gflops: 5.713, options, shapesOnly: true },
  googlenet_d2l: { parameters: 5_977_530, shapesOnly: true },
});

describe('the shape table of the notes', () => {
  it('holds for GoogLeNet in NCHW', () => {
    const { rows } = googlenet_d2l().summary([1, 1, 96, 96], { layout: 'nchw' });
    expect(rows.filter((row) => row.depth === 1).map((row) => [row.name, row.outputShape])).toEqual([
      ['b1', [1, 64, 24, 24]],
      ['b2', [1, 192, 12, 12]],
      ['b3', [1, 480, 6, 6]],
      ['b4', [1, 832, 3, 3]],
      ['b5', [1, 1024]],
      ['dropout', [1, 1024]],
      ['fc', [1, 10]],
    ]);
  });
});

describe('auxiliary classifiers', () => {
  it('add their weighted losses, in the order of PyTorch', () => {
    const net = googlenet({ numClasses: 4, seed: 1 }).eval();
    const x = tf.randomUniform([1, 32, 32, 3], 0, 1, 'float32', 3);
    const { logits, aux } = net.forwardWithAux(x);
    expect(aux.map(({ shape }) => shape)).toEqual([
      [1, 4],
      [1, 4],
    ]);
    // A loss that sees the sum of the logits tells the terms apart.
    const total = auxiliaryLoss(net, x, tf.zeros([1, 4]), (y) => tf.sum(y));
    const [own, second, first] = [logits, ...aux].map((y) => tf.sum(y!).arraySync() as number);
    expect(total.arraySync()).toBeCloseTo(own! + 0.3 * (second! + first!), 5);
    tf.dispose([x, logits, aux, total]);
    net.dispose();
  });

  it('are absent on request, and follow the number of classes', () => {
    const shapes = inception_v3({ numClasses: 7 });
    expect(new Map(shapes.namedParameters()).get('AuxLogits.fc.weight')!.shape).toEqual([7, 768]);
    shapes.resetClassifier(5);
    expect(new Map(shapes.namedParameters()).get('AuxLogits.fc.weight')!.shape).toEqual([5, 768]);
    const without = googlenet({ auxLogits: false });
    expect([...without.namedModules()].filter(([name]) => name.startsWith('aux'))).toEqual([]);
  });
});

describe('transformInput', () => {
  it("turns ImageNet's normalization into [-1, 1]", async () => {
    const [plain, transforming] = [false, true].map((transformInput) =>
      googlenet({ numClasses: 2, auxLogits: false, seed: 1, transformInput }),
    );
    const mean = tf.tensor1d([0.485, 0.456, 0.406]);
    const std = tf.tensor1d([0.229, 0.224, 0.225]);
    const x = tf.randomUniform([1, 32, 32, 3], 0, 1, 'float32', 3); // pixels
    const expected = plain!.predict(tf.sub(tf.mul(x, 2), 1));
    const actual = transforming!.predict(tf.div(tf.sub(x, mean), std));
    const [a, e] = [await actual.data(), await expected.data()];
    for (const [i, value] of e.entries()) expect(a[i]).toBeCloseTo(value, 4);
    expect(() => googlenet({ inChannels: 1, transformInput: true })).toThrow(/RGB.*1 channels/);
  });
});

describe('the registry', () => {
  it('creates variants by name', () => {
    expect(createRegistry().use(inception).create('inception_v3', { numClasses: 3 }).numFeatures).toBe(2048);
    expect(createModel('googlenet').numFeatures).toBe(1024);
  });
});

describe('weight records', () => {
  it('leave out the untrained auxiliary classifiers of GoogLeNet and feed [-1, 1]', () => {
    const { keyMap, options } = inception.weights!['googlenet']!['IMAGENET1K_V1']!;
    expect(options).toEqual({ auxLogits: false, transformInput: true });
    expect(keyMap!('aux1.fc1.weight')).toBeUndefined();
    expect(keyMap!('conv1.bn.weight')).toBe('conv1.bn.weight');
    expect(inception.weights!['inception_v3']!['IMAGENET1K_V1']!.inputSpec).toMatchObject({
      size: [299, 299],
      resize: 342,
    });
  });
});
