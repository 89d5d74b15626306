import * as tf from '@tensorflow/tfjs-core';
import { type InputSpec, type Module, plainInput, Sequential } from '@zoo/core';
import { DataLoader, TensorDataset } from '@zoo/datasets';
import {
  averageLogits,
  Ensemble,
  FeatureEnsemble,
  FusedFeatures,
  fitWeights,
  hardVote,
  softVote,
  TestTimeAugmentation,
} from '@zoo/ensemble';
import { Flatten, Linear } from '@zoo/layers';
import { parseSafetensors, serializeSafetensors } from '@zoo/weights';
import { describe, expect, it } from 'vitest';
import { randomImages, toyNet, values } from './toy.ts';

const softmax = (x: tf.Tensor) => values(tf.tidy(() => tf.softmax(x)));
const close = (found: number[], wanted: number[]) => {
  expect(found.length).toBe(wanted.length);
  for (const [i, x] of wanted.entries()) expect(found[i]).toBeCloseTo(x, 5);
};

describe('Ensemble', () => {
  it.each([
    ['probabilities', softVote],
    ['logits', averageLogits],
    ['votes', hardVote],
  ] as const)('combines %s', async (combine, vote) => {
    const nets = [toyNet(1), toyNet(2), toyNet(3)] as const;
    const weights = [0.5, 0.3, 0.2];
    const members = { a: { net: nets[0] }, b: { net: nets[1] }, c: { net: nets[2] } };
    const ensemble = new Ensemble({ members, combine, weights, temperatures: [1, 2, 1] }).materialize();
    const images = randomImages(4);
    const before = tf.memory().numTensors;
    const output = ensemble.predict(images);
    expect(tf.memory().numTensors).toBe(before + 1);
    const logits = nets.map((net) => net.predict(images));
    close(await softmax(output), await values(vote(logits, { weights, temperatures: [1, 2, 1] })));
    const least = (await values(tf.min(output)))[0]!;
    expect(Number.isFinite(least)).toBe(true);
  });

  it('gives each member the images it wants', async () => {
    const spec = (own: Partial<InputSpec>): InputSpec => ({ ...plainInput({ channels: 3, size: 6 }), ...own });
    const normalized = spec({ mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4] });
    const nets = {
      plain: toyNet(1, { spec: spec({}) }),
      normalized: toyNet(2, { spec: normalized }),
      large: toyNet(3, { spec: spec({ size: [9, 9] }) }),
      grey: toyNet(4, { spec: plainInput({ channels: 1, size: 6 }) }),
    };
    const { plain, large, grey } = nets;
    const ensemble = new Ensemble({
      members: {
        plain: { net: plain },
        normalized: { net: nets.normalized },
        large: { net: large },
        grey: { net: grey },
      },
    });
    expect(ensemble.inputSpec).toMatchObject({ size: [9, 9], channels: 3, mean: [0, 0, 0], std: [1, 1, 1] });
    const images = tf.mul(tf.ones([1, 9, 9, 3]), [0.2, 0.4, 0.6]); // resizing does nothing to one colour
    const outputs = ensemble.members.predict(images);
    const flat = (net: Module, channels: number[]) =>
      values(tf.tidy(() => net.predict(tf.mul(tf.ones([1, 6, 6, channels.length]), channels))));
    close(await values(outputs[0]!), await flat(plain, [0.2, 0.4, 0.6]));
    close(await values(outputs[1]!), await flat(nets.normalized, [-0.3 / 0.2, 0, 0.3 / 0.4]));
    close(await values(outputs[2]!), await values(large.predict(images)));
    close(await values(outputs[3]!), await flat(grey, [0.299 * 0.2 + 0.587 * 0.4 + 0.114 * 0.6]));
  });

  it("passes images on where the members agree, grey ones to colour nets, and through a preprocess of one's own", async () => {
    const spec = { ...plainInput({ channels: 3, size: 6 }), mean: [0.5, 0.5, 0.5] };
    const [a, b] = [toyNet(1, { spec }), toyNet(2, { spec })];
    const same = new Ensemble({ members: { a: { net: a }, b: { net: b } } });
    expect(same.inputSpec).toBe(spec);
    const images = randomImages(2);
    close(await values(same.members.predict(images)[1]!), await values(b.predict(images)));

    const own = new Ensemble({ members: { a: { net: a, preprocess: (x) => tf.mul(x, 2) }, b: { net: b } } });
    close(await values(own.members.predict(images)[0]!), await values(a.predict(tf.mul(images, 2))));

    const grey = new Ensemble({
      members: { a: { net: toyNet(1) } },
      inputSpec: plainInput({ channels: 1, size: 6 }),
    });
    const thin = randomImages(2, 6, 1);
    close(await values(grey.members.predict(thin)[0]!), await values(toyNet(1).predict(tf.tile(thin, [1, 1, 1, 3]))));
  });

  it('computes the features of a shared backbone once, and saves it once', async () => {
    const backbone = toyNet(1);
    const heads = [new Linear(4, 3), new Linear(4, 3)] as const;
    const [a, b] = heads;
    const ensemble = new Ensemble({
      members: { a: { backbone, head: a }, b: { backbone, head: b }, whole: { net: backbone } },
    });
    const images = randomImages(2);
    const outputs = ensemble.members.predict(images);
    expect(backbone.runs).toBe(2); // once for the features, once for its own logits
    backbone.eval();
    const wanted = tf.tidy(() =>
      a.predict(backbone.forwardHead(backbone.forwardFeatures(images), { preLogits: true })),
    );
    close(await values(outputs[0]!), await values(wanted));
    const keys = [...(await ensemble.stateDict()).keys()];
    expect(keys.filter((key) => key.endsWith('conv.weight'))).toEqual(['members.nets.a.conv.weight']);
    expect(keys).toEqual(expect.arrayContaining(['members.heads.b.weight', 'weights', 'temperatures']));
  });

  it('takes any module as a backbone, and prepares the images of a shared one per member', async () => {
    const backbone = new Sequential(new Flatten(), new Linear(108, 5));
    const [a, b] = [new Linear(5, 2), new Linear(5, 2)];
    const ensemble = new Ensemble({
      members: { a: { backbone, head: a }, b: { backbone, head: b, preprocess: (x) => tf.neg(x) } },
    });
    const images = randomImages(1);
    const [first, second] = ensemble.members.predict(images);
    close(await values(first!), await values(tf.tidy(() => a.predict(backbone.predict(images)))));
    close(await values(second!), await values(tf.tidy(() => b.predict(backbone.predict(tf.neg(images))))));
  });

  it('goes through one file and back', async () => {
    const build = (seed: number) =>
      new Ensemble({
        members: { a: { net: toyNet(seed) }, b: { backbone: toyNet(seed + 1), head: new Linear(4, 3) } },
      });
    const [first, second] = [build(1), build(7)];
    first.setWeights({ weights: [0.9, 0.1], temperatures: [2, 3] });
    const file = serializeSafetensors(await first.stateDict());
    second.loadStateDict((await parseSafetensors(file)).tensors);
    const images = randomImages(2);
    close(await values(second.predict(images)), await values(first.predict(images)));
  });

  it("collects the members' logits, for weights that lower the loss", async () => {
    const images = randomImages(12);
    const dataset = new TensorDataset({
      inputs: (await images.data()) as Float32Array,
      inputShape: [6, 6, 3],
      targets: Int32Array.from({ length: 12 }, (_, i) => i % 3),
    });
    const nets = [toyNet(1), toyNet(2)] as const;
    const ensemble = new Ensemble({ members: { a: { net: nets[0] }, b: { net: nets[1] } } });
    ensemble.materialize();
    const before = tf.memory().numTensors;
    const { outputs, labels } = await ensemble.collect(new DataLoader(dataset, { batchSize: 5 }));
    expect(tf.memory().numTensors).toBe(before + 2);
    expect(labels).toEqual(dataset.labels);
    close(await values(tf.clone(outputs[1]!)), await values(nets[1].predict(images)));
    const fitted = await fitWeights(outputs, labels);
    ensemble.setWeights(fitted);
    close(await softmax(ensemble.predict(images)), await values(softVote(outputs, fitted)));
  });

  it('collects labels only, and leaves nothing behind when it fails', async () => {
    const regression = new TensorDataset({
      inputs: new Float32Array(2 * 108),
      inputShape: [6, 6, 3],
      targets: Float32Array.of(0.5, 1),
    });
    const ensemble = new Ensemble({ members: { a: { net: toyNet(1) } } });
    const before = tf.memory().numTensors;
    await expect(ensemble.collect(new DataLoader(regression))).rejects.toThrow(/not class labels/);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('nests: an ensemble of augmented nets and ensembles', () => {
    const inner = new Ensemble({ members: { a: { net: toyNet(1) }, b: { net: toyNet(2) } } });
    const outer = new Ensemble({
      members: { inner: { net: inner }, tta: { net: new TestTimeAugmentation(toyNet(3)) } },
    });
    expect(outer.inputSpec).toEqual(plainInput({ channels: 3, size: 6 }));
    expect(outer.predict(randomImages(2)).shape).toEqual([2, 3]);
  });

  it('combines by a module', async () => {
    const combine = new Linear(6, 3);
    const nets = [toyNet(1), toyNet(2)] as const;
    const ensemble = new Ensemble({ members: { a: { net: nets[0] }, b: { net: nets[1] } }, combine });
    const images = randomImages(2);
    const wanted = combine.predict(
      tf.concat(
        nets.map((net) => net.predict(images)),
        1,
      ),
    );
    close(await values(ensemble.predict(images)), await values(wanted));
    expect(() => ensemble.setWeights({})).toThrow(/weights of its own/);
  });

  it('refuses members that do not go together', () => {
    const net = toyNet(1);
    const images = randomImages(1);
    expect(() => new Ensemble({ members: {} })).toThrow(/`members` is empty/);
    const differing = new Ensemble({ members: { a: { net }, b: { net: toyNet(2, { numClasses: 4 }) } } });
    expect(() => differing.predict(images)).toThrow(/differ in their classes: 'a' gives \[1, 3\], 'b' \[1, 4\]/);
    expect(() => differing.predict(images)).toThrow(/^Ensemble: the members/);
    const named = (...classes: string[]) => ({ net, classNames: classes });
    expect(() => new Ensemble({ members: { a: named('x', 'y'), b: named('y', 'x') } })).toThrow(
      /'b' and 'a' do not have the same classes in the same order/,
    );
    expect(() => new Ensemble({ members: { 'a.b': { net } } })).toThrow(/'a.b' cannot be a name/);
    expect(() => new Ensemble({ members: { a: { model: net } as never } })).toThrow(/no option 'model'/);
    expect(() => new Ensemble({ members: { a: { backbone: net } as never } })).toThrow(/a backbone and a head/);
    expect(() => new Ensemble({ members: { a: { net } }, weights: [0.9] })).toThrow(/add up to 0.9/);
    expect(() => new Ensemble({ members: { a: { net } }, combine: 'soft' as never })).toThrow(/got 'soft'/);
    expect(() => new Ensemble({ members: { a: { net } }, combine: net, weights: [1] })).toThrow(/weights of its own/);
    const five = plainInput({ channels: 5, size: 6 });
    const odd = new Ensemble({ members: { a: { net: toyNet(1, { spec: five }) }, b: { net } } });
    expect(() => odd.predict(randomImages(1, 6, 5))).toThrow(/5 channels cannot become images of 3/);
  });
});

describe('FusedFeatures', () => {
  it("feeds the backbones' features to the head", async () => {
    const backbones = { a: toyNet(1), b: toyNet(2) };
    const head = new FeatureEnsemble({ features: { a: 4, b: 4 }, hidden: 3, numClasses: 2, seed: 1 });
    const net = new FusedFeatures({ backbones, head });
    const images = randomImages(2);
    const before = net.materialize() && tf.memory().numTensors;
    const output = net.predict(images);
    expect(tf.memory().numTensors).toBe(before + 1);
    const features = Object.values(backbones).map((backbone) => {
      backbone.eval();
      return backbone.forwardHead(backbone.forwardFeatures(images), { preLogits: true });
    });
    close(await values(output), await values(head.predict(tf.concat(features, 1))));
    expect([...(await net.stateDict()).keys()]).toContain('head.projections.a.weight');
    expect(net.inputSpec).toBe(backbones.a.inputSpec);
  });

  it("refuses backbones in another order than the head's", () => {
    const head = new FeatureEnsemble({ features: { a: 4, b: 4 }, numClasses: 2 });
    expect(() => new FusedFeatures({ backbones: { b: toyNet(1), a: toyNet(2) }, head })).toThrow(/features of a, b/);
    expect(() => new FusedFeatures({ backbones: {}, head })).toThrow(/`backbones` is empty/);
  });
});
