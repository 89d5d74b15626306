import { type AnyModule, type HostTensor, numElements, type StateDict } from '@zoo/core';
import { BatchNorm1d, BatchNorm2d, ConvTranspose2d, Embedding, LSTM } from '@zoo/layers';

/** 32-bit FNV-1a of the UTF-8 bytes of `name`. */
function fnv1a(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

/**
 * `n` numbers in [0, 1) that depend only on `name`: the recipe behind all golden values, repeated bit for bit by the
 * Python script that made them.
 */
export function fillUniform(name: string, n: number): Float64Array {
  const seed = fnv1a(name);
  const values = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const s = (seed + Math.imul(i + 1, 0x6d2b79f5)) >>> 0;
    let t = Math.imul(s ^ (s >>> 15), s | 1) >>> 0;
    t = (t ^ (t + Math.imul(t ^ (t >>> 7), t | 61))) >>> 0;
    values[i] = ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  return values;
}

/** Input values of the golden cases: `(2u - 1) * 1.7`, in PyTorch's element order. */
export const fillInput = (name: string, n: number): Float32Array =>
  Float32Array.from(fillUniform(name, n), (u) => (2 * u - 1) * 1.7);

/** Class labels of the golden cases. */
export const fillLabels = (n: number, classes: number, name = 'labels'): Int32Array =>
  Int32Array.from(fillUniform(name, n), (u) => Math.floor(u * classes));

type Rule = (u: number) => number;

function ruleFor(module: AnyModule, leaf: string, shape: readonly number[], gamma: readonly [number, number]): Rule {
  const small: Rule = (u) => (2 * u - 1) * 0.1;
  if (module instanceof BatchNorm1d || module instanceof BatchNorm2d) {
    if (leaf === 'weight') return (u) => gamma[0] + (gamma[1] - gamma[0]) * u;
    if (leaf === 'running_var') return (u) => 0.5 + u;
    return leaf === 'num_batches_tracked' ? () => 0 : small;
  }
  if (module instanceof LSTM) return leaf.includes('bias') ? small : (u) => (2 * u - 1) * 0.5;
  if (module instanceof Embedding) return (u) => (2 * u - 1) * 0.5;
  if (leaf === 'bias') return small;
  const fanIn = numElements(shape) / shape[module instanceof ConvTranspose2d ? 1 : 0]!;
  return (u) => (2 * u - 1) * Math.sqrt(6 / fanIn);
}

/** Fills every parameter and buffer of `net` by the golden recipe; `gamma` is the range of batch-norm weights. */
export function fillModule(net: AnyModule, gamma: readonly [number, number] = [0.8, 1.2]): void {
  const state: StateDict = new Map();
  for (const [prefix, module] of net.namedModules()) {
    for (const [leaf, entry] of module.namedState()) {
      const key = prefix ? `${prefix}.${leaf}` : leaf;
      const rule = ruleFor(module, leaf, entry.shape, gamma);
      const values = Float32Array.from(fillUniform(key, numElements(entry.shape)), rule);
      state.set(key, { dtype: 'float32', shape: entry.shape, data: values } satisfies HostTensor);
    }
  }
  net.loadStateDict(state);
}
