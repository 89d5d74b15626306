import * as tf from '@tensorflow/tfjs-core';
import { checkBackendErrors, type Module, ZooError } from '@zoo/core';
import { DataLoader, type Dataset } from '@zoo/datasets';
import type { Answer, Measurement } from '../net/measure.ts';

/** Class scores of examples in order, in host memory. */
export interface Scores {
  /** `[length, numClasses]`, row by row. */
  values: Float32Array;
  numClasses: number;
}

export interface ScoreOptions {
  batchSize?: number;
  signal?: AbortSignal | undefined;
  onBatch?: (done: number, total: number) => void;
}

/** Logits of `net` for a whole dataset, in its order. */
export async function logitsOf(
  net: Module<[tf.Tensor], tf.Tensor>,
  dataset: Dataset,
  { batchSize = 256, signal, onBatch }: ScoreOptions = {},
): Promise<Scores> {
  let values: Float32Array | undefined;
  let done = 0;
  for await (const { inputs, targets } of new DataLoader(dataset, { batchSize }).epoch(0)) {
    const logits = net.predict(inputs);
    try {
      if (signal?.aborted) throw new ZooError('INTERRUPTED', 'The evaluation was stopped.');
      values ??= new Float32Array(dataset.length * logits.shape[1]!);
      values.set(await logits.data(), done * logits.shape[1]!);
      done += logits.shape[0]!;
    } finally {
      tf.dispose([inputs, targets, logits]);
    }
    onBatch?.(done, dataset.length);
  }
  await checkBackendErrors();
  if (!values) throw new ZooError('INVALID_ARGUMENT', 'There are no examples to evaluate on.');
  return { values, numClasses: values.length / dataset.length };
}

/** Probabilities of logits. */
export function softmaxOf({ values, numClasses }: Scores): Scores {
  const out = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += numClasses) {
    const row = values.subarray(start, start + numClasses);
    const top = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const powers = Float64Array.from(row, (value) => Math.exp(value - top));
    const sum = powers.reduce((a, b) => a + b, 0);
    out.set(
      powers.map((power) => power / sum),
      start,
    );
  }
  return { values: out, numClasses };
}

/** The likeliest class of every example; the first of equal ones. */
export function answersOf({ values, numClasses }: Scores): Answer[] {
  return Array.from({ length: values.length / numClasses }, (_, i) => {
    const row = values.subarray(i * numClasses, (i + 1) * numClasses);
    const label = row.reduce((best, value, k) => (value > row[best]! ? k : best), 0);
    return { label, probability: row[label]! };
  });
}

/** Whether fewer than `k` classes are likelier than `label`. */
const among = (row: Float32Array, label: number, k: number): boolean =>
  row.filter((value, other) => value > row[label]! || (value === row[label]! && other < label)).length < k;

/** Figures of probabilities against the true labels. */
export function measureScores(
  scores: Scores,
  { labels, classNames, seconds = 0 }: { labels: Int32Array; classNames: readonly string[]; seconds?: number },
): Measurement {
  const { values, numClasses } = scores;
  const k = Math.min(5, numClasses);
  const confusion = classNames.map(() => classNames.map(() => 0));
  let loss = 0;
  let top = 0;
  for (const [i, { label }] of answersOf(scores).entries()) {
    const actual = labels[i]!;
    const row = values.subarray(i * numClasses, (i + 1) * numClasses);
    confusion[actual]![label]!++;
    loss -= Math.log(Math.max(row[actual]!, 1e-12));
    if (among(row, actual, k)) top++;
  }
  const examples = labels.length;
  const hits = confusion.reduce((sum, row, label) => sum + row[label]!, 0);
  return {
    examples,
    loss: loss / examples,
    accuracy: hits / examples,
    topK: { k, accuracy: top / examples },
    perClass: confusion.map((row, label) => {
      const count = row.reduce((a, b) => a + b, 0);
      return { name: classNames[label]!, count, accuracy: count > 0 ? row[label]! / count : null };
    }),
    confusion,
    seconds,
  };
}
