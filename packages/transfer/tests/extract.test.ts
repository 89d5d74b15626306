import * as tf from '@tensorflow/tfjs-core';
import { lenet5_relu } from '@zoo/lenet';
import { resnet18_d2l } from '@zoo/resnet';
import { describe, expect, it } from 'vitest';
import { extractFeatures, linearHead, mlpHead, trainHead } from '../src/index.ts';
import { toyImages } from './toy-images.ts';

const net = () => lenet5_relu({ seed: 1 });

const distance = async (a: tf.Tensor, b: tf.Tensor): Promise<number> => (await tf.max(tf.abs(tf.sub(a, b))).data())[0]!;

describe('extractFeatures', () => {
  it('gives one row per example, whatever the batch size, and leaks nothing', async () => {
    const images = toyImages(11);
    const model = net().materialize();
    const before = tf.memory().numTensors;
    const progress: number[] = [];
    const features = await extractFeatures(model, images, {
      taps: ['preLogits', 'features.2'],
      batchSize: 4,
      onProgress: ({ done, total }) => progress.push(done / total),
    });
    expect(tf.memory().numTensors).toBe(before);
    expect(progress).toEqual([4 / 11, 8 / 11, 1]);
    expect(features).toMatchObject({ length: 11, taps: ['preLogits', 'features.2'], pool: 'avg' });
    expect(features.widths).toEqual({ preLogits: 84, 'features.2': 6 });
    expect(features.labels).toEqual(images.labels);
    expect(features.classNames).toEqual(images.classNames);
    const { inputs, targets } = await features.dataset('preLogits').batch([9, 2]);
    const source = images.batch([9, 2]);
    const expected = tf.tidy(() => model.forwardHead(model.forwardFeatures(source.inputs), { preLogits: true }));
    expect(await distance(inputs, expected)).toBeLessThan(1e-5);
    expect(Array.from(await targets.data())).toEqual([images.labels![9], images.labels![2]]);
  });

  it('puts several taps side by side', async () => {
    const features = await extractFeatures(net(), toyImages(5), { taps: ['preLogits', 'features.2'], pool: 'none' });
    expect(features.widths['features.2']).toBe(6 * 14 * 14);
    const [both, first, second] = await Promise.all(
      [features.dataset(), features.dataset('preLogits'), features.dataset(['features.2'])].map(async (dataset) => {
        const { inputs } = await dataset.batch([3]);
        return Array.from(await inputs.data());
      }),
    );
    expect(both).toEqual([...first!, ...second!]);
    expect(() => features.dataset('layer4')).toThrow(/preLogits, features.2/);
    expect(() => features.dataset().batch([5])).toThrow(/no example 5/);
  });

  it('pools maps by mean or maximum, or keeps them in C,H,W order', async () => {
    const model = net();
    const images = toyImages(2);
    const maps = tf.tidy(() => model.features.predict(images.batch([0, 1]).inputs));
    const rows = async (pool: 'avg' | 'max' | 'none') => {
      const { inputs } = await (await extractFeatures(model, images, { taps: ['features'], pool }))
        .dataset()
        .batch([0, 1]);
      return inputs;
    };
    const close = async (a: tf.Tensor, b: tf.Tensor) => expect(await distance(a, b)).toBeLessThan(1e-5);
    await close(await rows('avg'), tf.mean(maps, [1, 2]));
    await close(await rows('max'), tf.max(maps, [1, 2]));
    await close(await rows('none'), tf.reshape(tf.transpose(maps, [0, 3, 1, 2]), [2, -1]));
    await expect(rows('mean' as never)).rejects.toThrow(/'avg', 'max' or 'none'/);
  });

  it('refuses what it does not know before anything runs', async () => {
    const images = toyImages(3);
    const refused = (options: object) => expect(extractFeatures(net(), images, options)).rejects;
    await refused({ dir: 'features' }).toThrow(/keeps features in memory; the one of @zoo\/transfer\/node/);
    await refused({ tap: ['preLogits'] }).toThrow(/has no option 'tap'. Did you mean 'taps'/);
    await refused({ batchSize: 0 }).toThrow(/'batchSize' must be a whole number >= 1, got 0/);
  });

  it('stops when asked to', async () => {
    const controller = new AbortController();
    const before = tf.memory().numTensors;
    const model = net().materialize();
    const kept = tf.memory().numTensors - before;
    const run = extractFeatures(model, toyImages(9), {
      batchSize: 3,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(run).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(tf.memory().numTensors).toBe(before + kept);
  });

  it('uses running statistics also while the net is in training mode', async () => {
    const model = resnet18_d2l({ channels: [2, 2, 2, 2], seed: 1 }).train();
    const state = JSON.stringify([...(await model.stateDict()).keys()]);
    const features = await extractFeatures(model, toyImages(3, { size: 32 }));
    const alone = await extractFeatures(model, toyImages(3, { size: 32 }), { batchSize: 1 });
    const row = async (set: typeof features) => Array.from(await (await set.dataset().batch([1])).inputs.data());
    const expected = await row(alone);
    for (const [i, value] of (await row(features)).entries()) expect(value).toBeCloseTo(expected[i]!, 5);
    expect(JSON.stringify([...(await model.stateDict()).keys()])).toBe(state);
  });
});

describe('trainHead', () => {
  it('learns from features and stops early on the best weights', async () => {
    const features = await extractFeatures(net(), toyImages(60), { taps: ['features'], pool: 'none' });
    const head = linearHead({ inFeatures: features.widths['features']!, numClasses: 3, seed: 1 });
    const history = await trainHead(head, features, {
      epochs: 60,
      lr: 0.02,
      batchSize: 16,
      validation: 0.25,
      earlyStopping: { patience: 5, monitor: 'testAccuracy' },
      seed: 1,
    });
    expect(history.epochs.length).toBeLessThan(60);
    expect(history.best('testAccuracy')!.testAccuracy).toBeGreaterThan(0.9);
    expect(head.training).toBe(false);
  });

  it('repeats itself by seed', async () => {
    const features = await extractFeatures(net(), toyImages(20));
    const weights = async () => {
      const head = mlpHead({ inFeatures: 84, hidden: [8], numClasses: 3, dropRate: 0.2, seed: 5 });
      await trainHead(head, features, { epochs: 2, seed: 5 });
      return [...(await head.stateDict()).values()].map(({ data }) => data);
    };
    expect(await weights()).toEqual(await weights());
  });

  it('refuses a head with too few outputs, validation on nothing, and unknown options', async () => {
    const features = await extractFeatures(net(), toyImages(9), {});
    const top = Math.max(...features.labels!);
    const narrow = linearHead({ inFeatures: 84, numClasses: top });
    await expect(trainHead(narrow, features)).rejects.toThrow(
      new RegExp(`gives ${top} classes, but the features have labels up to ${top}: numClasses must be ${top + 1}`),
    );
    const head = linearHead({ inFeatures: 84, numClasses: top + 1 });
    await expect(trainHead(head, features, { validation: 0.01 })).rejects.toThrow(/9 examples .* none to measure on/);
    await expect(trainHead(head, features, { epoch: 3 } as object)).rejects.toThrow(/Did you mean 'epochs'/);
  });

  it('refuses early stopping without validation', async () => {
    const features = await extractFeatures(net(), toyImages(6));
    const head = linearHead({ inFeatures: 84, numClasses: 3 });
    await expect(trainHead(head, features, { earlyStopping: true })).rejects.toThrow(/needs validation/);
    await expect(trainHead(head, features, { validation: 1.5 })).rejects.toThrow(/between 0 and 1/);
  });
});
