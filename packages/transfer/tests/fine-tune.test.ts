import * as tf from '@tensorflow/tfjs-core';
import type { AnyModule, ImageModel, StateDict } from '@zoo/core';
import { DataLoader } from '@zoo/datasets';
import { densenet121 } from '@zoo/densenet';
import { googlenet } from '@zoo/inception';
import { BatchNorm2d, Linear } from '@zoo/layers';
import { lenet_bn, lenet5_relu } from '@zoo/lenet';
import { nin } from '@zoo/nin';
import { resnet18, resnet18_d2l } from '@zoo/resnet';
import { crossEntropy, SGD, Trainer } from '@zoo/train';
import { describe, expect, it } from 'vitest';
import {
  extractFeatures,
  freeze,
  fuse,
  gradualUnfreezing,
  linearHead,
  mlpHead,
  parameterGroups,
  replaceHead,
  trainHead,
  unfreeze,
} from '../src/index.ts';
import { toyImages } from './toy-images.ts';

const narrowResNet = () => resnet18_d2l({ channels: [2, 3, 4, 5], seed: 1, numClasses: 3 });

const changed = (before: StateDict, after: StateDict): string[] =>
  [...before].filter(([name, { data }]) => `${data}` !== `${after.get(name)!.data}`).map(([name]) => name);

async function train(model: AnyModule, optimizer: SGD, epochs = 1, callbacks: object[] = []): Promise<void> {
  const trainer = new Trainer({ model, optimizer, loss: crossEntropy, callbacks });
  await trainer.fit(new DataLoader(toyImages(6, { size: 32 }), { batchSize: 6 }), { epochs });
  trainer.dispose();
}

const namesOf = (net: AnyModule, params: Iterable<object>): string[] => {
  const wanted = new Set(params);
  return [...net.namedParameters()].filter(([, parameter]) => wanted.has(parameter)).map(([name]) => name);
};

describe('freeze', () => {
  it('keeps frozen weights and statistics through training', async () => {
    const net = freeze(narrowResNet(), { except: ['b5', 'fc'] });
    const before = await net.stateDict();
    await train(net, new SGD(net.parameters(), { lr: 0.1 }));
    const names = changed(before, await net.stateDict());
    expect(names).toContain('fc.weight');
    expect(names).toContain('b5.1.bn2.running_mean');
    expect(names.filter((name) => !/^(b5|fc)\./.test(name))).toEqual([]);
  });

  it('thaws what is named', () => {
    const net = freeze(narrowResNet());
    expect(net.trainableParameters()).toEqual([]);
    unfreeze(net, ['fc']);
    expect(namesOf(net, net.trainableParameters())).toEqual(['fc.weight', 'fc.bias']);
    unfreeze(net);
    expect(net.trainableParameters()).toEqual(net.parameters());
  });

  it('refuses names there are not and changes nothing', () => {
    const net: ImageModel = narrowResNet();
    expect(() => freeze(net, { except: ['b5', 'fcc'] })).toThrow(/Did you mean 'fc'/);
    expect(() => freeze(net, ['fc'] as object)).toThrow(/freeze has no option '0'. Options: except/);
    expect(net.trainableParameters()).toHaveLength(net.parameters().length);
    // @ts-expect-error: a ResNetD2L has no module 'head'
    expect(() => unfreeze(narrowResNet(), ['head'])).toThrow(/no module 'head'/);
  });
});

describe('replaceHead', () => {
  it('gives a number of classes, or puts a module in the place of the classifier', () => {
    const x = tf.zeros([2, 28, 28, 1]);
    const net = replaceHead(lenet5_relu({ seed: 1 }), 2);
    expect(net.predict(x).shape).toEqual([2, 2]);
    replaceHead(net, mlpHead({ inFeatures: 84, hidden: [6], numClasses: 4 }));
    expect(net.predict(x).shape).toEqual([2, 4]);
    expect([...net.namedParameters()].map(([name]) => name)).toContain('classifier.4.hidden1.weight');
    expect(net.forwardHead(net.forwardFeatures(x), { preLogits: true }).shape).toEqual([2, 84]);
  });

  it('finds the classifier of every kind of net', () => {
    const nets: Array<[ImageModel, string]> = [
      [narrowResNet(), 'fc'],
      [densenet121({ growthRate: 4, blocks: [1, 1], initFeatures: 4 }), 'classifier'],
      [googlenet(), 'fc'],
      [nin(), 'features.7'],
    ];
    for (const [net, name] of nets) {
      const head = new Linear(net.numFeatures, 2);
      const former = [...net.namedModules()].find(([path]) => path === name)![1];
      replaceHead(net, head);
      expect([...net.namedModules()].find(([, module]) => module === head)?.[0]).toBe(name);
      expect(former).not.toBe(head);
    }
    expect(() => replaceHead(new Linear(2, 2) as never, 2)).toThrow(/not an ImageModel/);
  });
});

describe('fuse', () => {
  it('gives what the head gives on extracted features, in one state dict', async () => {
    const images = toyImages(8, { size: 32 });
    const net = narrowResNet();
    const taps = ['preLogits', 'b3'] as const;
    const features = await extractFeatures(net, images, { taps });
    const head = linearHead({ inFeatures: 5 + 3, numClasses: 3, seed: 2 });
    await trainHead(head, features, { epochs: 2 });
    const fused = fuse(net, head, { tap: taps });
    const { inputs } = images.batch([0, 5]);
    const before = tf.memory().numTensors;
    const logits = fused.predict(inputs);
    expect(tf.memory().numTensors).toBe(before + 1);
    const rows = await features.dataset().batch([0, 5]);
    const expected = Array.from(await head.predict(rows.inputs).data());
    for (const [i, value] of (await logits.data()).entries()) expect(value).toBeCloseTo(expected[i]!, 5);

    const copy = fuse(narrowResNet(), linearHead({ inFeatures: 8, numClasses: 3 }), { tap: taps });
    copy.loadStateDict(await fused.stateDict());
    expect(Array.from(await copy.predict(inputs).data())).toEqual(Array.from(await logits.data()));
    expect([...(await fused.stateDict()).keys()].at(-1)).toBe('head.fc.bias');
  });

  it('can be folded for inference', async () => {
    const net = narrowResNet();
    const { inputs } = toyImages(2, { size: 32 }).batch([0, 1]);
    for (const tap of ['preLogits', 'b4'] as const) {
      const fused = fuse(net, linearHead({ inFeatures: tap === 'b4' ? 4 : 5, numClasses: 3, seed: 1 }), { tap });
      const expected = Array.from(await fused.predict(inputs).data());
      fused.optimizeForInference({ inputShape: [1, 32, 32, 1] });
      const folded = await fused.predict(inputs).data();
      for (const [i, value] of folded.entries()) expect(value).toBeCloseTo(expected[i]!, 4);
    }
    const left = [...net.namedModules()].filter(([, m]) => m instanceof BatchNorm2d && m.namedState().length > 0);
    expect(left.map(([name]) => name)).toEqual([]);
  });

  it('trains end to end', async () => {
    const fused = fuse(narrowResNet(), linearHead({ inFeatures: 5, numClasses: 3, seed: 1 }));
    const before = await fused.stateDict();
    await train(fused, new SGD(parameterGroups(fused, { lr: 0.01 }), { lr: 0.01 }));
    const names = changed(before, await fused.stateDict());
    expect(names).toEqual(expect.arrayContaining(['backbone.b1.0.weight', 'head.fc.weight']));
    expect(names).not.toContain('backbone.fc.weight');
  });
});

describe('parameterGroups', () => {
  it('gives the head ten times the rate', () => {
    const net = resnet18();
    const [backbone, head] = parameterGroups(net, { lr: 0.01 });
    expect(namesOf(net, head!.params)).toEqual(['fc.weight', 'fc.bias']);
    expect(head!.lr).toBeCloseTo(0.1);
    expect(backbone!.lr).toBe(0.01);
    expect(backbone!.params.length + 2).toBe(net.parameters().length);
  });

  it('lets rates fall from stage to stage, as timm does', () => {
    const net = resnet18();
    const groups = parameterGroups(net, { lr: 1, headLr: 1, layerDecay: 0.5 });
    expect(groups.map(({ lr }) => lr)).toEqual([1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1]);
    const stages = groups.map(({ params }) => new Set(namesOf(net, params).map((name) => name.split('.')[0])));
    expect(stages.map((names) => [...names].join())).toEqual([
      'conv1,bn1',
      'layer1',
      'layer2',
      'layer3',
      'layer4',
      'fc',
    ]);
    expect(groups.flatMap(({ params }) => params)).toHaveLength(net.parameters().length);
  });

  it('covers every parameter of any net once', () => {
    for (const net of [
      lenet_bn(),
      densenet121({ growthRate: 4, blocks: [1, 2], initFeatures: 4 }),
      googlenet(),
      nin(),
    ]) {
      const params = parameterGroups(net, { lr: 1, layerDecay: 0.9 }).flatMap((group) => group.params);
      expect(new Set(params).size).toBe(params.length);
      expect(params).toHaveLength(net.parameters().length);
    }
    expect(() => parameterGroups(new Linear(2, 2), { lr: 1 })).toThrow(/not an ImageModel/);
    expect(() => parameterGroups(lenet_bn(), { lr: -1 })).toThrow(/'lr'/);
  });
});

describe('gradualUnfreezing', () => {
  it('thaws stage after stage, from the output down', async () => {
    const net = narrowResNet();
    const trained: string[] = [];
    let before = await net.stateDict();
    const watch = {
      onEpochEnd: async () => {
        const after = await net.stateDict();
        const parts = changed(before, after).map((name) => name.split('.')[0]);
        trained.push([...new Set(parts)].join());
        before = after;
      },
    };
    const optimizer = new SGD(parameterGroups(net, { lr: 0.01 }), { lr: 0.01 });
    await train(net, optimizer, 5, [gradualUnfreezing({ every: 2 }), watch]);
    expect(trained).toEqual(['fc', 'fc', 'b5,fc', 'b5,fc', 'b4,b5,fc']);
  });

  it('takes an order of its own, and fused nets', async () => {
    const fused = fuse(narrowResNet(), linearHead({ inFeatures: 5, numClasses: 3 }));
    const optimizer = new SGD(parameterGroups(fused, { lr: 0.01 }), { lr: 0.01 });
    await train(fused, optimizer, 2, [gradualUnfreezing({ stages: ['backbone.b1'] })]);
    const names = namesOf(fused, fused.trainableParameters());
    expect(names.every((name) => /^(backbone\.b1|head)\./.test(name))).toBe(true);
    expect(names).toContain('backbone.b1.0.weight');
    expect(() => gradualUnfreezing({ every: 0 })).toThrow(/whole number of epochs/);
  });
});
