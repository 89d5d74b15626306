import { broadcastShapes, type Shape, sizeOf } from '../../graph/shape.ts';
import type { ElementData, OnnxAttributes, OnnxNode } from '../../model/types.ts';
import { type Constant, derivedConstant, knownConstant } from '../constant.ts';
import type { ExportGraph } from '../export-graph.ts';

type Fold = (inputs: readonly Constant[], attributes: OnnxAttributes) => Constant | undefined;

const strides = (shape: Shape): number[] => shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));

const emptyLike = (data: ElementData, size: number): ElementData => {
  if (data instanceof Float32Array) return new Float32Array(size);
  if (data instanceof Int32Array) return new Int32Array(size);
  return data instanceof Uint8Array ? new Uint8Array(size) : new BigInt64Array(size);
};

/** Elements of `data` where each axis of `shape` moves by its step, from `offset`. */
function pick(data: ElementData, shape: Shape, steps: readonly number[], offset = 0): ElementData {
  const out = emptyLike(data, sizeOf(shape));
  const rank = shape.length;
  const inner = rank > 0 ? shape[rank - 1]! : 1;
  const innerStep = rank > 0 ? steps[rank - 1]! : 1;
  const index = new Array<number>(rank).fill(0);
  let source = offset;
  for (let target = 0; target < out.length; ) {
    for (let i = 0, at = source; i < inner; i++, at += innerStep) out[target++] = data[at]!;
    for (let axis = rank - 2; axis >= 0; axis--) {
      source += steps[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      source -= steps[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}

const transposes = new WeakMap<Constant, { of: Constant; perm: readonly number[] }>();

/** The constant with its axes in another order; two that cancel give the first one back. */
function transposeConstant(x: Constant, perm: readonly number[]): Constant {
  if (perm.every((axis, i) => axis === i)) return x;
  const before = transposes.get(x);
  if (before)
    return transposeConstant(
      before.of,
      perm.map((axis) => before.perm[axis]!),
    );
  const shape = perm.map((axis) => x.shape[axis]!);
  const steps = strides(x.shape);
  const result = derivedConstant({
    shape,
    from: [x],
    compute: (data) =>
      pick(
        data!,
        shape,
        perm.map((axis) => steps[axis]!),
      ),
  });
  transposes.set(result, { of: x, perm });
  return result;
}

const numbersOf = (constant: Constant | undefined): number[] | undefined =>
  constant?.known ? Array.from(constant.known as ArrayLike<number | bigint>, Number) : undefined;

/** The constant under another shape; the values are the same. */
export const reshapeConstant = (x: Constant, shape: Shape): Constant =>
  x.known ? knownConstant(x.type, shape, x.known) : derivedConstant({ shape, from: [x], compute: (data) => data! });

const reshape: Fold = ([x, target]) => {
  const wanted = numbersOf(target);
  if (!wanted) return undefined;
  const rest = sizeOf(x!.shape) / sizeOf(wanted.filter((size) => size !== -1));
  return reshapeConstant(
    x!,
    wanted.map((size) => (size === -1 ? rest : size)),
  );
};

const slice: Fold = ([x, starts, ends, axes, steps]) => {
  const [from, to, along] = [numbersOf(starts), numbersOf(ends), numbersOf(axes)];
  if (!from || !to || !along || steps || from.some((start) => start < 0)) return undefined;
  const shape = x!.shape.map((size, axis) => {
    const at = along.indexOf(axis);
    return at < 0 ? size : to[at]! - from[at]!;
  });
  const step = strides(x!.shape);
  const offset = along.reduce((sum, axis, i) => sum + from[i]! * step[axis]!, 0);
  return derivedConstant({ shape, from: [x!], compute: (data) => pick(data!, shape, step, offset) });
};

/** The parts, one after the other along an axis. */
export function concatConstants(parts: readonly Constant[], axis: number): Constant {
  const total = parts.reduce((sum, { shape }) => sum + shape[axis]!, 0);
  const shape = parts[0]!.shape.map((size, i) => (i === axis ? total : size));
  const outer = sizeOf(shape.slice(0, axis));
  return derivedConstant({
    shape,
    from: parts,
    ...(parts.some(({ origin }) => origin !== parts[0]!.origin) && { origin: undefined }),
    compute: (...values) => {
      const out = emptyLike(values[0]!, sizeOf(shape)) as Float32Array;
      let at = 0;
      for (let row = 0; row < outer; row++) {
        for (const value of values as Float32Array[]) {
          const length = value.length / outer;
          out.set(value.subarray(row * length, (row + 1) * length), at);
          at += length;
        }
      }
      return out;
    },
  });
}

const pad: Fold = ([x, pads, value], { mode }) => {
  const amounts = numbersOf(pads);
  if (!amounts || mode !== 'constant' || amounts.some((amount) => amount < 0)) return undefined;
  const before = amounts.slice(0, x!.shape.length);
  const shape = x!.shape.map((size, axis) => size + before[axis]! + amounts[before.length + axis]!);
  const steps = strides(shape);
  return derivedConstant({
    shape,
    from: value ? [x!, value] : [x!],
    compute: (data, filler) => {
      const out = emptyLike(data!, sizeOf(shape)) as Float32Array;
      if (filler) out.fill(filler[0] as number);
      const own = strides(x!.shape);
      (data as Float32Array).forEach((element, i) => {
        let at = 0;
        for (const [axis, step] of own.entries()) {
          at += ((Math.floor(i / step) % x!.shape[axis]!) + before[axis]!) * steps[axis]!;
        }
        out[at] = element;
      });
      return out;
    },
  });
};

const elementwise =
  (compute: (...numbers: number[]) => number): Fold =>
  (inputs) => {
    if (inputs.some(({ type }) => type !== 'float32')) return undefined;
    const shape = broadcastShapes(inputs.map((input) => input.shape));
    const steps = inputs.map((input) => {
      const missing = shape.length - input.shape.length;
      const own = strides(input.shape);
      return shape.map((_, axis) => (axis < missing || input.shape[axis - missing] === 1 ? 0 : own[axis - missing]!));
    });
    return derivedConstant({
      shape,
      from: inputs,
      compute: (...values) => {
        const spread = values.map((data, i) => pick(data, shape, steps[i]!)) as Float32Array[];
        return spread[0]!.map((_, i) => compute(...spread.map((data) => data[i]!)));
      },
    });
  };

const folds: Readonly<Record<string, Fold>> = {
  Reshape: reshape,
  Transpose: ([x], { perm }) => transposeConstant(x!, perm as readonly number[]),
  Slice: slice,
  Concat: (inputs, { axis }) => concatConstants(inputs, axis as number),
  Pad: pad,
  Add: elementwise((a, b) => a! + b!),
  Sub: elementwise((a, b) => a! - b!),
  Mul: elementwise((a, b) => a! * b!),
  Div: elementwise((a, b) => a! / b!),
  Neg: elementwise((a) => -a!),
  Sqrt: elementwise((a) => Math.sqrt(a!)),
  Reciprocal: elementwise((a) => 1 / a!),
};

/** Computes what depends on constants alone; the values follow when the file is written. */
export function foldConstants(graph: ExportGraph): void {
  graph.foldNodes(({ opType, domain, inputs, attributes }: OnnxNode) => {
    const constants = inputs.map((name) => graph.constant(name));
    if (domain !== '' || constants.length === 0 || !constants.every((constant) => constant !== undefined))
      return undefined;
    return folds[opType]?.(constants, attributes);
  });
}
