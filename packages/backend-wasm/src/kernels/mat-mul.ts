import { broadcast_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { formatShape, ZooError } from '@zoo/core';
import { applyEpilogue, type Epilogue } from '../native/activation.ts';
import type { KernelCall } from '../native/engine.ts';
import { type Native, nativeOf } from '../native/native.ts';

type Inputs = { a: TensorInfo; b: TensorInfo };
type Attrs = { transposeA?: boolean; transposeB?: boolean };

interface Operand {
  address: number;
  /** Steps between rows and between columns of the (transposed) matrix. */
  rowStep: number;
  colStep: number;
  rows: number;
  cols: number;
  batch: number[];
}

function operand(native: Native, t: TensorInfo, transpose: boolean): Operand {
  const [rows, cols] = t.shape.slice(-2) as [number, number];
  const batch = t.shape.slice(0, -2);
  const address = native.address(t);
  return transpose
    ? { address, rowStep: 1, colStep: cols, rows: cols, cols: rows, batch }
    : { address, rowStep: cols, colStep: 1, rows, cols, batch };
}

/** Number of the matrix of a broadcast operand that belongs to matrix `index` of the result. */
function batchIndex(index: number, out: readonly number[], own: readonly number[]): number {
  let result = 0;
  let step = 1;
  let rest = index;
  for (let axis = out.length - 1; axis >= 0; axis--) {
    const size = out[axis]!;
    const ownSize = own[axis - (out.length - own.length)] ?? 1;
    if (ownSize > 1) result += (rest % size) * step;
    step *= ownSize;
    rest = Math.floor(rest / size);
  }
  return result;
}

/**
 * BatchMatMul: `a` [..., m, k] times `b` [..., k, n], each optionally transposed, batch axes broadcast.
 * Nothing is cached by tensor id, unlike in tfjs's kernel, so that reshaped and rewritten tensors multiply correctly.
 */
export function batchMatMul({ inputs: { a, b }, attrs, backend }: KernelCall<Inputs, Attrs>): TensorInfo {
  if (a.shape.length < 2 || b.shape.length < 2) {
    throw new ZooError(
      'SHAPE_MISMATCH',
      `matMul: inputs must have a rank of at least 2, got ${formatShape(a.shape)} and ${formatShape(b.shape)}.`,
    );
  }
  const native = nativeOf(backend);
  const left = operand(native, a, attrs.transposeA ?? false);
  const right = operand(native, b, attrs.transposeB ?? false);
  if (left.cols !== right.rows) {
    throw new ZooError(
      'SHAPE_MISMATCH',
      `matMul of ${formatShape(a.shape)}${attrs.transposeA ? ' (transposed)' : ''} and ${formatShape(b.shape)}${attrs.transposeB ? ' (transposed)' : ''}: inner sizes ${left.cols} and ${right.rows} differ.`,
    );
  }
  const dtype = a.dtype;
  if (dtype !== b.dtype || (dtype !== 'float32' && dtype !== 'int32')) {
    throw new ZooError(
      'NOT_SUPPORTED',
      `matMul on the wasm backend takes two float32 or two int32 tensors, got ${a.dtype} and ${b.dtype}.`,
    );
  }
  const batch = broadcast_util.assertAndGetBroadcastShape(left.batch, right.batch);
  const out = native.output([...batch, left.rows, right.cols], dtype);
  let m = left.rows;
  let matrices = util.sizeFromShape(batch);
  const shared = right.batch.every((size) => size === 1);
  // One right-hand matrix for all rows of all batches is one product.
  if (shared && left.colStep === 1 && left.batch.length === batch.length) {
    m *= matrices;
    matrices = 1;
  }
  const { rowStep: ars, colStep: acs, cols: k } = left;
  const { rowStep: brs, colStep: bcs, cols: n } = right;
  if (m * n === 0) return out;
  for (let i = 0; i < matrices; i++) {
    const pa = left.address + 4 * left.rows * k * batchIndex(i, batch, left.batch);
    const pb = right.address + 4 * k * n * batchIndex(i, batch, right.batch);
    const pc = native.address(out) + 4 * m * n * i;
    if (dtype === 'int32') native.kernels.igemm(pa, ars, acs, pb, brs, bcs, pc, m, n, k);
    else native.kernels.sgemm(pa, ars, acs, pb, brs, bcs, pc, m, n, k, native.workspace);
  }
  return out;
}

/** _FusedMatMul: product, bias and activation. */
export function fusedMatMul({ inputs, attrs, backend }: KernelCall<Inputs & Epilogue, Attrs & Epilogue>): TensorInfo {
  const { activation, leakyreluAlpha } = attrs;
  const { bias, preluActivationWeights } = inputs;
  const out = batchMatMul({ inputs, attrs, backend });
  return applyEpilogue(out, { bias, preluActivationWeights, activation, leakyreluAlpha }, backend);
}
