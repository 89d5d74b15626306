import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import type { ImageModel } from '@zoo/core';
import { densenet121 } from '@zoo/densenet';
import { Linear } from '@zoo/layers';
import { lenet5_relu } from '@zoo/lenet';
import { resnet18 } from '@zoo/resnet';
import { fillInput, fillModule, fillUniform, fromTorch } from '@zoo/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFeatureExtractor, fuse, gradCam, linearHead, saliency } from '../src/index.ts';

interface GoldenTensor {
  shape: number[];
  norm: number;
  samples: number[];
}

interface Golden {
  classes: Record<string, number[]>;
  gradCam: Record<string, GoldenTensor>;
  saliency: Record<string, GoldenTensor>;
  features: Record<string, GoldenTensor>;
}

/** Made by PyTorch with tooling/reference/transfer_golden.py. */
const golden = JSON.parse(readFileSync(new URL('./fixtures/golden.json', import.meta.url), 'utf8')) as Golden;

/** Compares a tensor, channels last, with PyTorch's, relative to its largest entry. */
async function expectGolden(name: string, actual: tf.Tensor, { shape, norm, samples }: GoldenTensor): Promise<void> {
  const torch = actual.rank === 4 ? tf.transpose(actual, [0, 3, 1, 2]) : actual;
  expect(torch.shape).toEqual(shape);
  const values = (await torch.data()) as Float32Array;
  expect(Math.hypot(...values) / norm).toBeCloseTo(1, 3);
  const scale = Math.max(...samples.map(Math.abs));
  for (const [i, u] of [...fillUniform(`${name}/samples`, samples.length)].entries()) {
    expect(Math.abs(values[Math.floor(u * values.length)]! - samples[i]!) / scale).toBeLessThan(1e-3);
  }
}

/** Equal but for rounding: an engine may compute with weights that stay the same in another order than at first. */
async function expectSame(actual: tf.Tensor, expected: tf.Tensor): Promise<void> {
  const values = await expected.data();
  for (const [i, value] of (await actual.data()).entries()) expect(value).toBeCloseTo(values[i]!, 5);
}

const images = (shape: [number, number, number, number]): tf.Tensor4D => {
  const [n, h, w, c] = shape;
  return fromTorch(fillInput('input', n * h * w * c), [n, c, h, w]) as tf.Tensor4D;
};

describe('PyTorch on the same weights', () => {
  let lenet: ReturnType<typeof lenet5_relu>;
  let resnet: ReturnType<typeof resnet18>;
  beforeAll(() => {
    lenet = lenet5_relu();
    resnet = resnet18();
    fillModule(lenet);
    fillModule(resnet);
  });
  afterAll(() => {
    lenet.dispose();
    resnet.dispose();
  });

  it.each(Object.keys(golden.gradCam))('has the Grad-CAM of %s', async (name) => {
    const [model, layer] = name.split(' ') as [string, string];
    const [net, x]: [ImageModel, tf.Tensor4D] =
      model === 'resnet18' ? [resnet, images([2, 64, 64, 3])] : [lenet, images([2, 28, 28, 1])];
    await expectGolden(
      name,
      await gradCam(net, x, { layer, classIndex: golden.classes[model]! }),
      golden.gradCam[name]!,
    );
  });

  it.each(Object.keys(golden.saliency))('has the saliency of %s', async (model) => {
    const [net, x] = model === 'resnet18' ? [resnet, images([2, 64, 64, 3])] : [lenet, images([2, 28, 28, 1])];
    await expectGolden(model, await saliency(net, x, { classIndex: golden.classes[model]! }), golden.saliency[model]!);
  });

  it('has the features of every node name', async () => {
    const taps = Object.keys(golden.features);
    const found = createFeatureExtractor(resnet as ImageModel, taps).predict(images([2, 64, 64, 3]));
    for (const tap of taps) {
      const { shape } = golden.features[tap]!;
      // PyTorch keeps the two axes of length 1 that avgpool leaves.
      const tensor = found[tap]!;
      await expectGolden(
        tap,
        shape.length === 4 && tensor.rank === 2 ? tf.reshape(tensor, [2, 1, 1, 512]) : tensor,
        golden.features[tap]!,
      );
    }
  });
});

describe('gradCam and saliency', () => {
  it('explain by default what the net predicts, and leave it as it was', async () => {
    const net = lenet5_relu({ seed: 1 }).materialize();
    net.features.eval();
    const x = images([2, 28, 28, 1]);
    const logits = net.predict(x);
    const best = Array.from(await tf.argMax(logits, 1).data());
    const before = tf.memory().numTensors;
    const maps = await gradCam(net, x);
    const same = await gradCam(net, x, { classIndex: best });
    expect(maps.shape).toEqual([2, 28, 28]);
    await expectSame(maps, same);
    expect(tf.memory().numTensors).toBe(before + 2);
    expect([net.training, net.features.training, net.classifier.training]).toEqual([true, false, true]);
    const [a, b] = [await saliency(net, x), await saliency(net, x, { classIndex: best })];
    await expectSame(a, b);
    expect(tf.memory().numTensors).toBe(before + 4);
  });

  it('smooth by seeded noise; without noise nothing changes', async () => {
    const net = lenet5_relu({ seed: 1 });
    const x = images([1, 28, 28, 1]);
    const map = async (smooth: Parameters<typeof saliency>[2]) =>
      Array.from(await (await saliency(net, x, smooth)).data());
    const smooth = await map({ smooth: { samples: 3, seed: 1 } });
    expect(await map({ smooth: { samples: 3, seed: 1 } })).toEqual(smooth);
    expect(await map({ smooth: { samples: 3, seed: 2 } })).not.toEqual(smooth);
    const plain = await map({});
    for (const [i, value] of (await map({ smooth: { samples: 2, noise: 0 } })).entries())
      expect(value).toBeCloseTo(plain[i]!, 5);
    expect(Math.max(...smooth)).toBe(1);
    expect(Math.min(...smooth)).toBe(0);
  });

  it('work on any net, fused ones too', async () => {
    const net = densenet121({ seed: 1, growthRate: 4, blocks: [1, 1], initFeatures: 4, numClasses: 3 });
    const x = images([1, 64, 64, 3]);
    expect((await gradCam(net, x)).shape).toEqual([1, 64, 64]);
    const fused = fuse(net, linearHead({ inFeatures: net.numFeatures, numClasses: 2, seed: 1 }));
    expect((await gradCam(fused, x, { layer: 'backbone.features' })).shape).toEqual([1, 64, 64]);
    expect((await saliency(fused, x)).shape).toEqual([1, 64, 64]);
  });

  it('refuse what has no maps, layers or classes', async () => {
    const net: ImageModel = lenet5_relu({ seed: 1 });
    const x = images([1, 28, 28, 1]);
    const before = tf.memory().numTensors;
    await expect(gradCam(net, x, { layer: 'classifier.1' })).rejects.toThrow(/rank 2/);
    await expect(gradCam(net, x, { layer: 'featurs' })).rejects.toThrow(/Did you mean 'features'/);
    await expect(gradCam(net, x, { layer: 'preLogits' })).rejects.toThrow(/'preLogits' has none/);
    await expect(saliency(net, x, { classIndex: 10 })).rejects.toThrow(/10 of image 0 is none of the 10 classes/);
    await expect(saliency(net, x, { classIndex: [1, 2] })).rejects.toThrow(/names 2 classes for 1 images/);
    await expect(gradCam(new Linear(2, 2), x)).rejects.toThrow(/has no featureInfo/);
    net.dispose();
    expect(tf.memory().numTensors).toBeLessThanOrEqual(before);
  });
});
