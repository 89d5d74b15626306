import * as tf from '@tensorflow/tfjs-core';
import { type AnyModule, numElements, valueAndGrads, ZooError } from '@zoo/core';
import * as layers from '@zoo/layers';
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
import type { Check } from './check.ts';
import { parseRepr, type ReprValue } from './torch-repr.ts';

export interface LayerCase {
  layer: string;
  repr: string;
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

type Pair = [number, number];
type Options = Record<string, ReprValue>;

/** PyTorch's option names to ours; what a repr leaves out is in the case's name. */
const optionNames: Record<string, string> = {
  stride: 'stride', padding: 'padding', dilation: 'dilation', groups: 'groups', output_padding: 'outputPadding', ceil_mode: 'ceilMode',
  eps: 'eps', momentum: 'momentum', alpha: 'alpha', beta: 'beta', k: 'k', num_layers: 'numLayers', batch_first: 'batchFirst', bias: 'bias',
}; // biome-ignore format: a table

function renamed(kwargs: Options): Options {
  const options: Options = {};
  for (const [name, value] of Object.entries(kwargs)) if (name in optionNames) options[optionNames[name]!] = value;
  return options;
}

/** Builds the layer that a case's `repr` describes. */
function buildLayer(golden: LayerCase): AnyModule {
  const { name, args, kwargs } = parseRepr(golden.repr);
  const options = renamed(kwargs);
  const [a, b] = args as number[];
  const kernel = kwargs['kernel_size'] as number | Pair;
  switch (name) {
    case 'Conv2d':
      return new layers.Conv2d(a!, b!, kernel, options);
    case 'ConvTranspose2d':
      return new layers.ConvTranspose2d(a!, b!, kernel, options);
    case 'MaxPool2d':
      return new layers.MaxPool2d(kernel, {
        stride: options['stride'] as number,
        padding: options['padding'] as number,
        ceilMode: options['ceilMode'] === true,
      });
    case 'AvgPool2d':
      return new layers.AvgPool2d(kernel, {
        stride: options['stride'] as number,
        padding: options['padding'] as number,
        ceilMode: golden.layer.includes('ceil'),
        countIncludePad: !golden.layer.includes('exclude_pad'),
      });
    case 'AdaptiveAvgPool2d':
      return new layers.AdaptiveAvgPool2d(kwargs['output_size'] as Pair);
    case 'AdaptiveMaxPool2d':
      return new layers.AdaptiveMaxPool2d(kwargs['output_size'] as Pair);
    case 'BatchNorm2d':
      return new layers.BatchNorm2d(a!, { eps: options['eps'] as number, momentum: options['momentum'] as number });
    case 'Linear':
      return new layers.Linear(kwargs['in_features'] as number, kwargs['out_features'] as number);
    case 'LocalResponseNorm':
      return new layers.LocalResponseNorm(a!, options);
    case 'LSTM':
      return new layers.LSTM(a!, b!, options);
    case 'Embedding':
      return new layers.Embedding(a!, b!);
    case 'interpolate':
      return new layers.Upsample({ size: kwargs['size'] as Pair });
    default:
      throw new ZooError('NOT_SUPPORTED', `Golden layer '${name}' has no counterpart here.`);
  }
}

interface LstmOutput {
  output: tf.Tensor;
  state: { h: tf.Tensor; c: tf.Tensor };
}

/** Output, gradients and state of one layer, with the fixed cotangent of the recipe. */
export async function checkLayer(golden: LayerCase): Promise<Check[]> {
  const layer = buildLayer(golden);
  const checks: Check[] = [];
  const add = (what: string, error: number) =>
    checks.push({ name: `${golden.layer} ${what}`, error, tolerance: tolerance() });
  fillModule(layer);
  layer.train(golden.layer.endsWith('_train'));
  if (golden.stateDict) {
    const entries = Array.from(layer.stateEntries(), ([name, entry]) => [name, entry.shape]);
    add(
      'state dict names and shapes',
      JSON.stringify(entries) === JSON.stringify(golden.stateDict) ? 0 : Number.POSITIVE_INFINITY,
    );
  }
  const x = golden.ids
    ? tf.tensor2d(golden.ids, undefined, 'int32')
    : fromTorch(fillInput('input', numElements(golden.input!)), golden.input!);
  const cotangent = fromTorch(
    Float32Array.from(fillUniform('cotangent', numElements(golden.outputShape))),
    golden.outputShape,
  );
  const kept: Record<string, tf.Tensor> = {};
  const objective = (input: tf.Tensor): tf.Scalar => {
    const result = layer.call(input) as tf.Tensor | LstmOutput;
    const parts =
      result instanceof tf.Tensor
        ? { output: result }
        : { output: result.output, h: result.state.h, c: result.state.c };
    for (const [name, part] of Object.entries(parts)) kept[name] ??= tf.keep(tf.clone(part));
    return tf.sum(tf.mul(parts.output, cotangent));
  };

  if (golden.inputGrad) {
    const gradient = tf.grad(objective)(x);
    add('input gradient', relativeError(await toTorch(gradient), golden.inputGrad));
    gradient.dispose();
    if (golden.running_mean) fillModule(layer); // the first pass moved the running statistics
  }
  if (golden.paramGrads && Object.keys(golden.paramGrads).length > 0) {
    const { value, grads } = valueAndGrads(() => objective(x), layer.parameters());
    for (const [name, parameter] of layer.namedParameters()) {
      const gradient = grads.get(parameter);
      const expected = golden.paramGrads[name];
      add(
        `gradient of ${name}`,
        gradient && expected
          ? relativeError(await gradientToTorch(parameter, gradient), expected)
          : Number.POSITIVE_INFINITY,
      );
    }
    tf.dispose([value, ...grads.values()]);
  }
  for (const name of ['output', 'h', 'c'] as const) {
    const expected = golden[name];
    if (!expected) continue;
    const tensor = kept[name];
    add(name, tensor ? relativeError(await toTorch(tensor), expected) : Number.POSITIVE_INFINITY);
  }
  const state = await layer.stateDict();
  for (const name of ['running_mean', 'running_var'] as const) {
    if (golden[name]) add(name, relativeError(state.get(name)!.data as Float32Array, golden[name]));
  }
  tf.dispose([x, cotangent, kept]);
  layer.dispose();
  return checks;
}
