import * as tf from '@tensorflow/tfjs-core';
import { type ImageModel, type ModelFactory, type Plugin, type StateDict, seeded, valueAndGrads } from '@zoo/core';
import { describe, expect, it } from 'vitest';
import { relativeError } from './compare.ts';
import { fillModule } from './fill.ts';

export interface ModelExpectation {
  /** Published number of parameters with default options. */
  parameters: number;
  /** Published multiply-adds of one image of `inputSpec`'s size in units of 10^9, to three digits after the point. */
  gflops?: number;
  /** Batch used in the checks, NHWC; default 2 images of `inputSpec`'s size. */
  inputShape?: readonly number[];
  /** Options of the factory in all checks but that of the parameters; 10 classes if they say nothing else. */
  options?: Readonly<Record<string, unknown>>;
  /** Check what shapes alone can tell and allocate no weights: for the larger siblings of a net checked in full. */
  shapesOnly?: boolean;
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

/** Equal but for rounding: an engine may compute with weights that stay the same in another order than at first. */
function expectSameOutput(actual: Float32Array, expected: Float32Array): void {
  expect(relativeError(actual, expected)).toBeLessThan(1e-5);
}

/** Compares bytes: a generic deep comparison takes minutes for nets of realistic size. */
function expectSameState(state: StateDict, expected: StateDict): void {
  expect([...state.keys()]).toEqual([...expected.keys()]);
  const bytes = (data: ArrayBufferView) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  for (const [name, tensor] of state) {
    const other = expected.get(name)!;
    expect(tensor.shape, name).toEqual(other.shape);
    expect(bytes(tensor.data).equals(bytes(other.data)), `${name} has the same values`).toBe(true);
  }
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

function declareChecks(factory: ModelFactory, expectation: ModelExpectation): void {
  const { parameters, gflops, inputShape, options = {}, shapesOnly = false } = expectation;
  const create = (extra: Record<string, unknown> = {}) =>
    factory({ numClasses: 10, ...options, seed: 3, ...extra }) as ImageModel;
  const shapeFor = (net: ImageModel): readonly number[] =>
    inputShape ?? [2, ...net.inputSpec.size, net.inputSpec.channels];

  declareShapeChecks({ factory, create, shapeFor, parameters, gflops });
  if (!shapesOnly) declareValueChecks(create, shapeFor);
}

interface Checked {
  factory: ModelFactory;
  create: (extra?: Record<string, unknown>) => ImageModel;
  shapeFor: (net: ImageModel) => readonly number[];
  parameters: number;
  gflops: number | undefined;
}

function declareShapeChecks({ factory, create, shapeFor, parameters, gflops }: Checked): void {
  const outputOf = (net: ImageModel, shape = shapeFor(net)) => net.summary(shape).rows[0]!.outputShape;

  it(`has ${parameters} parameters`, () => {
    const net = factory() as ImageModel;
    const summary = net.summary([1, ...net.inputSpec.size, net.inputSpec.channels]);
    expect(summary.parameters).toBe(parameters);
    expect(summary.trainable).toBe(parameters);
    if (gflops !== undefined) expect(Math.round(summary.multiplyAdds / 1e6) / 1e3).toBe(gflops);
    expect(net.freeze().trainableParameters()).toEqual([]);
  });

  it('takes other numbers of classes and input channels', () => {
    const [images] = shapeFor(create());
    for (const [numClasses, inChannels] of [
      [10, 3],
      [7, 1],
    ]) {
      const net = create({ numClasses, inChannels });
      const shape = [...shapeFor(net).slice(0, 3), inChannels!];
      expect(outputOf(net, shape)).toEqual([images, numClasses]);
      net.resetClassifier(3);
      expect(outputOf(net, shape)).toEqual([images, 3]);
      net.resetClassifier(0);
      expect(outputOf(net, shape)).toEqual([images, net.numFeatures]);
    }
  });

  it('offers the taps it lists', () => {
    const net = create();
    // At the net's own size: tiny inputs shrink below what the strides tell.
    const shape = [1, ...net.inputSpec.size, net.inputSpec.channels];
    const { rows } = net.summary(shape);
    for (const { name, channels, stride } of net.featureInfo) {
      const output = rows.find((row) => row.name === name)?.outputShape;
      expect(output?.at(-1), name).toBe(channels);
      if (output?.length === 4) expect(Math.abs(shape[1]! / output[1]! - stride), name).toBeLessThan(stride);
    }
  });
}

function declareValueChecks(create: Checked['create'], shapeFor: Checked['shapeFor']): void {
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

  it('gives finite logits of the right shape, the same as its parts', () =>
    withNet(async (net, x) => {
      const whole = net.predict(x);
      expect(whole.shape).toEqual([x.shape[0], 10]);
      const parts = tf.tidy(() => net.eval().forwardHead(net.forwardFeatures(x)));
      const [a, b] = [await values(whole), await values(parts)];
      expect(a.every(Number.isFinite)).toBe(true);
      expectSameOutput(b, a);
    }));

  it('takes a batch of no images', () =>
    withNet(async (net, x) => {
      const empty = tf.zeros([0, ...x.shape.slice(1)]);
      for (const output of [net.predict(empty), net.call(empty)]) {
        expect(output.shape).toEqual([0, 10]);
        expect(await values(output)).toHaveLength(0);
        output.dispose();
      }
      empty.dispose();
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
      const state = await net.stateDict();
      other.loadStateDict(state);
      expectSameState(await other.stateDict(), state);
      expectSameOutput(await values(other.predict(x)), await values(net.predict(x)));
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
      expectSameOutput(await values(features()), data);
      net.resetClassifier(0);
      expectSameOutput(await values(net.predict(x)), data);
    }));

  it('gives the same when optimized for inference', () =>
    withNet(async (net, x) => {
      fillModule(net); // fresh batch norms would be identities already
      const expected = await values(net.predict(x));
      const actual = await values(net.optimizeForInference({ inputShape: x.shape }).predict(x));
      expect(relativeError(actual, expected)).toBeLessThan(1e-4);
    }));

  it('freezes: no gradient, and no state changes in training mode', () =>
    withNet(async (net, x) => {
      net.freeze().train();
      expect(net.trainableParameters()).toEqual([]);
      const before = await net.stateDict();
      net.call(x).dispose();
      expectSameState(await net.stateDict(), before);
    }));

  it('repeats under a seed', async () => {
    const [a, b] = [create(), seeded(99, () => create())];
    expectSameState(await b.stateDict(), await a.stateDict());
  });
}
