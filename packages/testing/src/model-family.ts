import * as tf from '@tensorflow/tfjs-core';
import { type AnyModule, type ImageModel, type ModelFactory, type Plugin, seeded, valueAndGrads } from '@zoo/core';
import { describe, expect, it } from 'vitest';

export interface ModelExpectation {
  /** Published number of parameters with default options. */
  parameters: number;
  /** Batch used in the checks, NHWC; default 2 images of `inputSpec`'s size. */
  inputShape?: readonly number[];
  /** Options of the factory in all checks. */
  options?: Readonly<Record<string, unknown>>;
}

/** One expectation per model of the plug-in; a model without one fails the suite. */
export type FamilyExpectations = Readonly<Record<string, ModelExpectation>>;

const randomInput = (shape: readonly number[]): tf.Tensor =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => Math.sin(0.37 * i)),
    [...shape],
  );

async function values(tensor: tf.Tensor): Promise<Float32Array> {
  const data = (await tensor.data()) as Float32Array;
  tensor.dispose();
  return data;
}

/**
 * Declares the conformance tests that every model family passes: published parameter counts, shapes, finite outputs,
 * a gradient for every parameter, save and load, classifier reset, taps, freezing, seeds, and no leaked tensor.
 */
export function testModelFamily(plugin: Plugin, expectations: FamilyExpectations): void {
  const factories = plugin.models ?? {};
  it(`${plugin.name} has an expectation for each of its models`, () => {
    expect(Object.keys(expectations).sort()).toEqual(Object.keys(factories).sort());
  });
  for (const [name, expectation] of Object.entries(expectations)) {
    const factory = factories[name];
    if (factory) describe(name, () => declareChecks(factory, expectation));
  }
}

function declareChecks(factory: ModelFactory, { parameters, inputShape, options = {} }: ModelExpectation): void {
  const create = (extra: Record<string, unknown> = {}) => factory({ ...options, seed: 3, ...extra }) as ImageModel;
  const shapeFor = (net: ImageModel): readonly number[] =>
    inputShape ?? [2, ...net.inputSpec.size, net.inputSpec.channels];

  async function withNet(check: (net: ImageModel, x: tf.Tensor) => Promise<void>): Promise<void> {
    const before = tf.memory().numTensors;
    const net = create();
    const x = randomInput(shapeFor(net));
    try {
      await check(net, x);
    } finally {
      net.dispose();
      x.dispose();
    }
    expect(tf.memory().numTensors, 'tensors left behind').toBe(before);
  }

  it(`has ${parameters} parameters`, () => {
    expect(create().summary(shapeFor(create())).parameters).toBe(parameters);
  });

  it('gives finite logits of the right shape, the same as its parts', () =>
    withNet(async (net, x) => {
      const whole = net.predict(x);
      expect(whole.shape).toEqual([x.shape[0], 10]);
      const parts = tf.tidy(() => net.eval().forwardHead(net.forwardFeatures(x)));
      const [a, b] = [await values(whole), await values(parts)];
      expect(a.every(Number.isFinite)).toBe(true);
      expect(b).toEqual(a);
    }));

  it('has a finite gradient for every parameter', () =>
    withNet(async (net, x) => {
      const { value, grads } = valueAndGrads(() => tf.mean(tf.square(net.call(x))), net.trainableParameters());
      for (const [name, parameter] of net.namedParameters()) {
        const gradient = grads.get(parameter);
        expect(gradient, name).toBeDefined();
        const data = await values(gradient!);
        expect(data.every(Number.isFinite), name).toBe(true);
      }
      value.dispose();
    }));

  it('saves and loads its state', () =>
    withNet(async (net, x) => {
      const other = create({ seed: 4 });
      other.loadStateDict(await net.stateDict());
      expect(await values(other.predict(x))).toEqual(await values(net.predict(x)));
      other.dispose();
    }));

  it('resets its classifier and keeps its features', () =>
    withNet(async (net, x) => {
      const features = () => tf.tidy(() => net.eval().forwardHead(net.forwardFeatures(x), { preLogits: true }));
      const before = features();
      expect(before.shape).toEqual([x.shape[0], net.numFeatures]);
      const data = await values(before);
      net.resetClassifier(3);
      const logits = net.predict(x);
      expect(logits.shape).toEqual([x.shape[0], 3]);
      logits.dispose();
      expect(await values(features())).toEqual(data);
      net.resetClassifier(0);
      expect(await values(net.predict(x))).toEqual(data);
    }));

  it('offers the taps it lists', () =>
    withNet(async (net, x) => {
      const modules = new Map<string, AnyModule>(net.namedModules());
      const seen = new Map<string, readonly number[]>();
      const handles = net.featureInfo.map(({ name }) => {
        const module = modules.get(name);
        expect(module, name).toBeDefined();
        return module!.registerForwardHook((_, __, output: tf.Tensor) => void seen.set(name, output.shape));
      });
      net.predict(x).dispose();
      for (const handle of handles) handle.remove();
      for (const { name, channels, stride } of net.featureInfo) {
        const shape = seen.get(name);
        expect(shape?.at(-1), name).toBe(channels);
        if (shape?.length === 4) expect(Math.abs(x.shape[1]! / shape[1]! - stride), name).toBeLessThan(stride);
      }
    }));

  it('freezes: no gradient, and no state changes in training mode', () =>
    withNet(async (net, x) => {
      net.freeze().train();
      expect(net.trainableParameters()).toEqual([]);
      const before = await net.stateDict();
      net.call(x).dispose();
      expect(await net.stateDict()).toEqual(before);
    }));

  it('repeats under a seed', async () => {
    const [a, b] = [create(), seeded(99, () => create())];
    expect(await b.stateDict()).toEqual(await a.stateDict());
  });

  it('takes other input channels', async () => {
    const net = create({ inChannels: 3 });
    const shape = [...shapeFor(net)];
    shape[3] = 3;
    const x = randomInput(shape);
    const y = net.predict(x);
    expect(y.shape).toEqual([shape[0], 10]);
    tf.dispose([x, y]);
    net.dispose();
  });
}
