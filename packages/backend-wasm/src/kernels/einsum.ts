import * as tf from '@tensorflow/tfjs-core';
import { ZooError } from '@zoo/core';
import type { KernelCall } from '../native/engine.ts';

interface Term {
  tensor: tf.Tensor;
  labels: string[];
}

const inEngine = (t: tf.TensorInfo): tf.Tensor => t as tf.Tensor;

/** Sums the labels that nobody else needs, so that each operand keeps only what it shares or returns. */
function dropPrivate({ tensor, labels }: Term, needed: readonly string[]): Term {
  const axes = labels.flatMap((label, axis) => (needed.includes(label) ? [] : [axis]));
  if (axes.length === 0) return { tensor, labels };
  return { tensor: tf.sum(tensor, axes), labels: labels.filter((label) => needed.includes(label)) };
}

function reorder({ tensor, labels }: Term, wanted: readonly string[]): tf.Tensor {
  return tf.transpose(
    tensor,
    wanted.map((label) => labels.indexOf(label)),
  );
}

/** Two operands as one batched matrix product: shared labels are batch axes if returned, else inner axes. */
function contract(left: Term, right: Term, output: readonly string[]): Term {
  const a = dropPrivate(left, [...right.labels, ...output]);
  const b = dropPrivate(right, [...left.labels, ...output]);
  const batch = a.labels.filter((l) => b.labels.includes(l) && output.includes(l));
  const inner = a.labels.filter((l) => b.labels.includes(l) && !output.includes(l));
  const rows = a.labels.filter((l) => !b.labels.includes(l));
  const cols = b.labels.filter((l) => !a.labels.includes(l));
  const size = (term: Term, labels: string[]): number[] =>
    labels.map((l) => term.tensor.shape[term.labels.indexOf(l)]!);
  const volume = (term: Term, labels: string[]): number => tf.util.sizeFromShape(size(term, labels));
  const x = tf.reshape(reorder(a, [...batch, ...rows, ...inner]), [
    volume(a, batch),
    volume(a, rows),
    volume(a, inner),
  ]);
  const y = tf.reshape(reorder(b, [...batch, ...inner, ...cols]), [
    volume(b, batch),
    volume(b, inner),
    volume(b, cols),
  ]);
  const labels = [...batch, ...rows, ...cols];
  const shape = [...size(a, batch), ...size(a, rows), ...size(b, cols)];
  return { tensor: tf.reshape(tf.matMul(x, y), shape), labels };
}

/** Einsum of one or two tensors, as sums, transpositions and one matrix product. */
export function einsum({ inputs, attrs: { equation } }: KernelCall<tf.TensorInfo[], { equation: string }>): tf.Tensor {
  const tensors = Array.from(inputs, inEngine);
  // tfjs's own parser refuses what the operation does not support: `...`, repeated labels, more than two operands.
  const { allDims, idDims } = tf.backend_util.decodeEinsumEquation(equation, tensors.length);
  tf.backend_util.checkEinsumDimSizes(allDims.length, idDims, tensors);
  const output = [...equation.replace(/\s/g, '').split('->')[1]!];
  return tf.tidy(() => {
    const terms = tensors.map((tensor, i): Term => ({ tensor, labels: idDims[i]!.map((dim) => allDims[dim]!) }));
    const [first, second] = terms;
    if (!first) throw new ZooError('INVALID_ARGUMENT', `einsum('${equation}') needs at least one tensor.`);
    return reorder(second ? contract(first, second, output) : dropPrivate(first, output), output);
  });
}
