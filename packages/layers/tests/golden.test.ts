import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { type AnyModule, numElements, toFloat32, valueAndGrads } from '@zoo/core';
import {
  fillInput,
  fillModule,
  fillUniform,
  fromTorch,
  gradientToTorch,
  relativeError,
  tolerance,
  toTorch,
} from '@zoo/testing';
import { describe, expect, test } from 'vitest';
import * as layers from '../src/index.ts';

interface Golden {
  layer: string;
  input?: number[];
  ids?: number[][];
  outputShape: number[];
  output: number[];
  inputGrad?: number[];
  paramGrads?: Record<string, number[]>;
  running_mean?: number[];
  running_var?: number[];
  h?: number[];
  c?: number[];
  stateDict?: Array<[string, number[]]>;
}

const file = new URL('../../testing/fixtures/parity/layers.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: Golden[] };

const build: Record<string, () => AnyModule> = {
  conv_s2_p1: () => new layers.Conv2d(3, 4, 3, { stride: 2, padding: 1 }),
  conv_asym_kernel_pad: () => new layers.Conv2d(3, 4, [3, 5], { stride: [2, 1], padding: [1, 3] }),
  conv_dilated: () => new layers.Conv2d(3, 4, 3, { padding: 2, dilation: 2 }),
  conv_grouped: () => new layers.Conv2d(4, 6, 3, { padding: 1, groups: 2 }),
  conv_transpose_s2: () => new layers.ConvTranspose2d(3, 4, 4, { stride: 2, padding: 1 }),
  conv_transpose_outpad: () => new layers.ConvTranspose2d(3, 4, 3, { stride: 2, padding: 1, outputPadding: 1 }),
  maxpool_3_2_p1: () => new layers.MaxPool2d(3, { stride: 2, padding: 1 }),
  maxpool_ceil: () => new layers.MaxPool2d(3, { stride: 2, ceilMode: true }),
  maxpool_ceil_p1: () => new layers.MaxPool2d(2, { stride: 2, padding: 1, ceilMode: true }),
  avgpool_3_1_p1: () => new layers.AvgPool2d(3, { stride: 1, padding: 1 }),
  avgpool_exclude_pad: () => new layers.AvgPool2d(3, { stride: 2, padding: 1, countIncludePad: false }),
  avgpool_ceil: () => new layers.AvgPool2d(2, { ceilMode: true }),
  adaptive_avg_2x3: () => new layers.AdaptiveAvgPool2d([2, 3]),
  adaptive_avg_upsample: () => new layers.AdaptiveAvgPool2d([9, 11]),
  adaptive_max_2x2: () => new layers.AdaptiveMaxPool2d(2),
  batchnorm_eval: () => new layers.BatchNorm2d(3, { eps: 0.001 }).eval(),
  linear: () => new layers.Linear(9, 5),
  lrn: () => new layers.LocalResponseNorm(3, { alpha: 1e-3, beta: 0.75, k: 2 }),
  batchnorm_train: () => new layers.BatchNorm2d(3),
  lstm_2layer: () => new layers.LSTM(5, 4, { numLayers: 2, batchFirst: true }),
  embedding: () => new layers.Embedding(7, 4),
  upsample_bilinear_x2: () => new layers.Upsample({ scaleFactor: 2 }),
  upsample_bilinear_11x10: () => new layers.Upsample({ size: [11, 10] }),
  downsample_bilinear_4x5: () => new layers.Upsample({ size: [4, 5] }),
};

type Result = tf.Tensor | layers.LstmOutput;
const outputOf = (result: Result): tf.Tensor => (result instanceof tf.Tensor ? result : result.output);

describe("PyTorch's values", () => {
  test('every golden case has a layer here', () => {
    expect(Object.keys(build).sort()).toEqual(cases.map((c) => c.layer).sort());
  });

  test.each(cases)('$layer', async (golden) => {
    const layer = build[golden.layer]!();
    fillModule(layer);
    layer.materialize();
    const x = golden.ids
      ? tf.tensor2d(golden.ids, undefined, 'int32')
      : fromTorch(fillInput('input', numElements(golden.input!)), golden.input!);
    const cotangent = fromTorch(
      Float32Array.from(fillUniform('cotangent', numElements(golden.outputShape))),
      golden.outputShape,
    );
    const matches = async (what: string, actual: tf.Tensor, expected: number[]) => {
      expect(relativeError(await toTorch(actual), expected), `${golden.layer} ${what}`).toBeLessThan(tolerance());
    };
    const before = tf.memory().numTensors;

    const summary = layer.summary(golden.input ?? [2, 5], { layout: 'nchw', dtype: golden.ids ? 'int32' : 'float32' });
    expect(summary.rows[0]!.outputShape).toEqual(golden.outputShape);

    const result = layer.call(x) as Result;
    await matches('output', outputOf(result), golden.output);
    if (!(result instanceof tf.Tensor)) {
      await matches('h', result.state.h, golden.h!);
      await matches('c', result.state.c, golden.c!);
    }
    if (golden.running_mean) {
      const state = await layer.stateDict();
      for (const name of ['running_mean', 'running_var'] as const)
        expect(relativeError(toFloat32(state.get(name)!), golden[name]!)).toBeLessThan(tolerance());
    }
    const objective = (input: tf.Tensor) => tf.sum(tf.mul(outputOf(layer.call(input) as Result), cotangent));
    if (golden.inputGrad) {
      const gradient = tf.grad(objective)(x);
      await matches('input gradient', gradient, golden.inputGrad);
      gradient.dispose();
    }
    const parameters = [...layer.namedParameters()];
    expect(parameters.map(([name]) => name).sort()).toEqual(Object.keys(golden.paramGrads ?? {}).sort());
    if (parameters.length > 0) {
      const { value, grads } = valueAndGrads(() => objective(x), layer.parameters());
      for (const [name, parameter] of parameters) {
        const actual = await gradientToTorch(parameter, grads.get(parameter)!);
        expect(relativeError(actual, golden.paramGrads![name]!), `${golden.layer} ${name}`).toBeLessThan(tolerance());
      }
      tf.dispose([value, ...grads.values()]);
    }
    if (golden.stateDict) {
      const state = await layer.stateDict();
      expect(Array.from(state, ([name, tensor]) => [name, tensor.shape])).toEqual(golden.stateDict);
    }
    tf.dispose(result as tf.TensorContainer);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([x, cotangent]);
    layer.dispose();
  });
});
