import * as tf from '@tensorflow/tfjs-core';
import { type AnyModule, isModule, type Module, numElements, type Registry, toFloat32, valueAndGrads } from '@zoo/core';
import { type AuxiliaryModel, auxiliaryLoss } from '@zoo/inception';
import { Dropout } from '@zoo/layers';
import {
  fillInput,
  fillLabels,
  fillModule,
  fromTorch,
  type GradientRecord,
  gradientError,
  gradientToTorch,
  relativeError,
  tolerance,
  toTorch,
} from '@zoo/testing';
import { crossEntropy, SGD } from '@zoo/train';
import { type Check, passed } from './check.ts';
import { matchReluSigns, signlessBelow } from './relu-signs.ts';

interface Stats {
  shape: number[];
  mean: number;
  std: number;
  l2: number;
  head: number[];
}

export interface EvalCase {
  arch: string;
  mode: 'eval';
  gamma: [number, number];
  input: number[];
  params: number;
  probes: Record<string, Stats>;
  sensitivity: number;
  noise: number;
  stateDict?: Array<[string, number[]]>;
  output: { shape: number[]; values: number[] };
}

export interface TrainCase {
  arch: string;
  mode: 'train';
  gamma: [number, number];
  input: number[];
  inputName: string;
  classes: number;
  loss: number;
  lossNoise: number;
  grads: Record<string, GradientRecord>;
  sgd: { lr: number; l2After: Record<string, number> };
  running: Record<string, { l2: number; head: number[] }>;
}

type Net = Module<[tf.Tensor], tf.Tensor>;

/** Options that the golden values were made with, beside the defaults. */
const goldenOptions: Record<string, object> = {
  googlenet: { transformInput: true },
  inception_v3: { transformInput: true },
};

function build(registry: Registry, arch: string, gamma: [number, number]): Net {
  const net = registry.model(arch).create({ seed: 0, ...goldenOptions[arch] }) as Net;
  fillModule(net, gamma);
  return net;
}

function statsOf(values: Float32Array): { mean: number; std: number; l2: number } {
  let sum = 0;
  let squares = 0;
  for (const v of values) {
    sum += v;
    squares += v * v;
  }
  const mean = sum / values.length;
  return { mean, std: Math.sqrt(Math.max(0, squares / values.length - mean * mean)), l2: Math.sqrt(squares) };
}

/** Evaluation mode: names, shapes, parameter count, probes inside the net and all outputs. */
export async function checkEval(golden: EvalCase, registry: Registry): Promise<Check[]> {
  const net = build(registry, golden.arch, golden.gamma);
  const checks: Check[] = [];
  const add = (what: string, error: number, allowed = 0) =>
    checks.push({ name: `${golden.arch} ${what}`, error, tolerance: allowed });
  const mismatch = (equal: boolean) => (equal ? 0 : Number.POSITIVE_INFINITY);

  if (golden.stateDict) {
    const entries = Array.from(net.stateEntries(), ([name, entry]) => [name, entry.shape]);
    add('state dict names and shapes', mismatch(JSON.stringify(entries) === JSON.stringify(golden.stateDict)));
  }
  add('parameter count', mismatch(net.parameters().reduce((n, p) => n + p.size, 0) === golden.params));

  const taps = new Map<string, tf.Tensor>();
  for (const [name, module] of net.namedModules()) {
    if (!(name in golden.probes)) continue;
    (module as AnyModule).registerForwardHook((_, __, output: unknown) => {
      if (output instanceof tf.Tensor) taps.set(name, tf.keep(tf.clone(output)));
      return undefined;
    });
  }
  const x = fromTorch(fillInput('input', numElements(golden.input)), golden.input);
  const y = net.predict(x);
  const allowed = tolerance(golden.sensitivity, golden.noise);
  for (const [name, expected] of Object.entries(golden.probes)) {
    const tap = taps.get(name);
    if (!tap) {
      // The classifier of a family may be called in parts, so that features can be read before the last layer.
      if (isModule([...net.namedModules()].find(([n]) => n === name)?.[1])) continue;
      add(`probe ${name}`, Number.POSITIVE_INFINITY, allowed);
      continue;
    }
    const values = await toTorch(tap);
    const { mean, std, l2 } = statsOf(values);
    const scale = expected.l2 / Math.sqrt(values.length);
    const head = relativeError(values.subarray(0, expected.head.length), expected.head);
    const statError = Math.max(Math.abs(mean - expected.mean), Math.abs(std - expected.std)) / scale;
    add(`probe ${name}`, Math.max(Math.abs(l2 - expected.l2) / expected.l2, statError, head), Math.max(allowed, 1e-5));
    tap.dispose();
  }
  add(
    'output',
    y.size === golden.output.values.length
      ? relativeError(await toTorch(y), golden.output.values)
      : Number.POSITIVE_INFINITY,
    allowed,
  );
  tf.dispose([x, y]);
  net.dispose();
  return checks;
}

/**
 * The relative error allowed for the norm `after` of weights after a step of SGD: what float32 may lose of the gradient
 * moves the weights by `lr` times as much.
 */
export function stepTolerance(lr: number, gradient: GradientRecord | undefined, after: number): number {
  if (!gradient) return tolerance();
  return tolerance(1, (Math.min(1, gradient.noise) * lr * gradient.l2) / after);
}

/** Training mode: loss, every gradient, running statistics, and the parameters after one plain SGD step. */
async function trainingStep(golden: TrainCase, net: Net): Promise<Check[]> {
  const checks: Check[] = [];
  const add = (what: string, error: number, allowed: number) =>
    checks.push({ name: `${golden.arch}.train ${what}`, error, tolerance: allowed });

  const x = fromTorch(fillInput(golden.inputName, numElements(golden.input)), golden.input);
  const labels = tf.tensor1d(fillLabels(golden.input[0]!, golden.classes), 'int32');
  const loss = () =>
    'forwardWithAux' in net
      ? auxiliaryLoss(net as AuxiliaryModel, x, labels, crossEntropy)
      : crossEntropy(net.call(x), labels);
  const { value, grads } = valueAndGrads(loss, net.trainableParameters());
  const lossValue = (await value.data())[0]!;
  add('loss', Math.abs(lossValue - golden.loss) / golden.loss, tolerance(1, golden.lossNoise));

  const names = new Map(Array.from(net.namedParameters(), ([name, parameter]) => [name, parameter]));
  const largest = Math.max(...Object.values(golden.grads).map((record) => record.l2));
  const gradients = new Map<string, Float32Array>();
  for (const [name, record] of Object.entries(golden.grads)) {
    const parameter = names.get(name);
    const gradient = parameter && grads.get(parameter);
    const values = gradient && (await gradientToTorch(parameter, gradient));
    if (values) gradients.set(name, values);
    const error = values ? gradientError(name, values, record, largest) : Number.POSITIVE_INFINITY;
    add(`grad ${name}`, error, tolerance(1, Math.min(1, record.noise)));
  }
  const before = await net.stateDict();
  const { lr } = golden.sgd;
  const optimizer = new SGD(net.parameters(), { lr });
  optimizer.step(grads);
  const state = await net.stateDict();
  for (const [name, gradient] of gradients) {
    const [from, to] = [toFloat32(before.get(name)!), toFloat32(state.get(name)!)];
    const expected = gradient.map((g) => -lr * g);
    // The weights are rounded once more after the step.
    const rounding = (2 ** -23 * statsOf(from).l2) / statsOf(expected).l2;
    add(
      `step ${name}`,
      relativeError(
        to.map((w, i) => w - from[i]!),
        expected,
      ),
      Math.max(1e-4, rounding),
    );
  }
  for (const [name, expected] of Object.entries(golden.sgd.l2After)) {
    const error = Math.abs(statsOf(toFloat32(state.get(name)!)).l2 - expected) / expected;
    add(`after SGD ${name}`, error, stepTolerance(lr, golden.grads[name], expected));
  }
  for (const [name, expected] of Object.entries(golden.running)) {
    const values = toFloat32(state.get(name)!);
    const head = relativeError(values.subarray(0, expected.head.length), expected.head);
    add(name, Math.max(Math.abs(statsOf(values).l2 - expected.l2) / expected.l2, head), 1e-4);
  }
  tf.dispose([x, labels, value, ...grads.values()]);
  optimizer.dispose();
  return checks;
}

const failures = (checks: readonly Check[]): number => checks.filter((check) => !passed(check)).length;

/**
 * One step of training. Where something misses, ReLU inputs within float32's rounding of zero are tried with the other
 * sign; those that it takes to pass are listed among the checks, with their distance from zero as the error.
 */
export async function checkTrain(golden: TrainCase, registry: Registry): Promise<Check[]> {
  const net = build(registry, golden.arch, golden.gamma).train();
  for (const [, module] of net.namedModules()) if (module instanceof Dropout) module.p = 0;
  const initial = await net.stateDict();
  let checks = await trainingStep(golden, net);
  if (failures(checks) > 0) {
    const again = () => {
      net.loadStateDict(initial);
      return trainingStep(golden, net);
    };
    const { result, turned } = await matchReluSigns(net, again, failures);
    const signs = turned.map(({ module, index, value, relative }) => ({
      name: `${golden.arch}.train ReLU input ${module}[${index}] = ${value.toExponential(1)} taken with the other sign`,
      error: relative,
      tolerance: signlessBelow,
    }));
    checks = [...result, ...signs];
  }
  net.dispose();
  return checks;
}
