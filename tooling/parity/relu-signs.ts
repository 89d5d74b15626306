// Signs of ReLU inputs that float32 cannot tell from zero. There the gradient jumps, so that two correct float32
// implementations may differ by percents; ARCHITECTURE.md has the figures.
import * as tf from '@tensorflow/tfjs-core';
import type { AnyModule, Module } from '@zoo/core';

/** A value that goes into a ReLU. */
interface ReluInput {
  /** Path of the module that was running. */
  module: string;
  /** Number of the ReLU in the forward pass, from 0. */
  call: number;
  /** Index among the ReLU's inputs, channels last. */
  index: number;
  value: number;
  /** `|value|` over the root mean square of the ReLU's inputs. */
  relative: number;
}

/** What float32 loses of a deep net's activations, relative to their root mean square: up to 3e-5 in PyTorch's own runs. */
export const signlessBelow = 3e-5;

/**
 * One pass of `compute` whose ReLUs are watched: records what goes in; gradients take the `flipped` inputs with the other
 * sign. The forward pass stays as it is, since any change would round everything behind it anew.
 */
async function watchRelus<T>(
  net: Module<[tf.Tensor], tf.Tensor>,
  compute: () => Promise<T>,
  options: { flipped?: readonly ReluInput[]; record?: boolean },
): Promise<{ result: T; inputs: ReluInput[] }> {
  const { flipped = [], record = false } = options;
  const backend = tf.getBackend();
  const calls: Array<{ module: string; x: tf.Tensor }> = [];
  const turned = new Map<tf.DataId, tf.Tensor>();
  const running: string[] = [];
  const hooks = Array.from(net.namedModules()).flatMap(([name, module]) => [
    (module as AnyModule).registerForwardPreHook(() => void running.push(name)),
    (module as AnyModule).registerForwardHook(() => void running.pop()),
  ]);
  let call = 0;

  const relu = (x: tf.Tensor, kernel: (x: tf.TensorInfo) => tf.TensorInfo | tf.TensorInfo[]) => {
    if (record)
      calls.push({ module: running.at(-1) ?? '', x: tf.keep(tf.engine().runKernel('Identity', { x })) as tf.Tensor });
    const here = flipped.filter((input) => input.call === call);
    call++;
    const output = kernel(x);
    if (here.length === 0) return output;
    const values = new Float32Array(x.size);
    for (const { index, value } of here) values[index] = value === 0 ? signlessBelow : -2 * value;
    const offset = tf.tensor(values, x.shape);
    const other = tf.keep(tf.engine().runKernel('Add', { a: x, b: offset }) as tf.Tensor);
    offset.dispose();
    turned.set(x.dataId, other);
    return output;
  };
  const restore = [
    wrapKernel('Relu', backend, relu),
    // The gradient of ReLU.
    wrapKernel('Step', backend, (x, kernel) => kernel(turned.get(x.dataId) ?? x)),
  ];
  try {
    const result = await compute();
    const inputs: ReluInput[] = [];
    for (const [number, { module, x }] of calls.entries()) {
      inputs.push(...nearZero((await x.data()) as Float32Array, module, number));
    }
    return { result, inputs };
  } finally {
    for (const undo of restore) undo();
    for (const hook of hooks) hook.remove();
    tf.dispose([...calls.map(({ x }) => x), ...turned.values()]);
  }
}

type Run = (x: tf.TensorInfo) => tf.TensorInfo | tf.TensorInfo[];

function wrapKernel(
  name: string,
  backendName: string,
  around: (x: tf.Tensor, kernel: Run) => tf.TensorInfo | tf.TensorInfo[],
): () => void {
  const stock = tf.getKernel(name, backendName);
  if (!stock) return () => undefined;
  const replace = (kernelFunc: tf.KernelFunc) => {
    tf.unregisterKernel(name, backendName);
    tf.registerKernel({ ...stock, kernelFunc });
  };
  replace((args) => around(args.inputs['x'] as tf.Tensor, (x) => stock.kernelFunc({ ...args, inputs: { x } })));
  return () => replace(stock.kernelFunc);
}

function nearZero(values: Float32Array, module: string, call: number): ReluInput[] {
  const rms = Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
  const found: ReluInput[] = [];
  for (const [index, value] of values.entries()) {
    const relative = Math.abs(value) / rms;
    if (relative < signlessBelow) found.push({ module, call, index, value, relative });
  }
  return found;
}

/**
 * Looks for at most `most` ReLU inputs within rounding of zero whose other sign leaves less for `missed` to count, nearest
 * first. `compute` runs the net and its gradients once. Gives the best result and the inputs whose sign was turned:
 * none where turning does not bring `missed` to 0, since then the signs are not what is wrong.
 */
export async function matchReluSigns<T>(
  net: Module<[tf.Tensor], tf.Tensor>,
  compute: () => Promise<T>,
  missed: (result: T) => number,
  { most = 4, tries = 48 }: { most?: number; tries?: number } = {},
): Promise<{ result: T; turned: ReluInput[] }> {
  const first = await watchRelus(net, compute, { record: true });
  let { result } = first;
  let turned: ReluInput[] = [];
  const candidates = first.inputs.sort((a, b) => a.relative - b.relative).slice(0, tries);
  while (missed(result) > 0 && turned.length < most) {
    let better = false;
    for (const candidate of candidates) {
      if (turned.includes(candidate)) continue;
      const flipped = [...turned, candidate];
      const other = (await watchRelus(net, compute, { flipped })).result;
      if (missed(other) >= missed(result)) continue;
      [result, turned, better] = [other, flipped, true];
      if (missed(result) === 0 || turned.length === most) break;
    }
    if (!better) break;
  }
  return missed(result) === 0 ? { result, turned } : { result: first.result, turned: [] };
}
