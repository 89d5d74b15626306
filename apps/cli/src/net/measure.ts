import * as tf from '@tensorflow/tfjs-core';
import { checkBackendErrors } from '@zoo/core';
import { DataLoader, type Dataset } from '@zoo/datasets';
import { ConfusionMatrix, crossEntropy, topK } from '@zoo/train';
import type { Net } from './create-net.ts';

export interface MeasureOptions {
  net: Net;
  dataset: Dataset;
  classNames: readonly string[];
  batchSize: number;
  topK: number;
  signal?: AbortSignal;
  onBatch?: (done: number, total: number) => void;
}

export interface ClassResult {
  name: string;
  /** Images of this class. */
  count: number;
  /** Share of them that was recognized; null when there are none. */
  accuracy: number | null;
}

export interface Measurement {
  examples: number;
  loss: number;
  accuracy: number;
  topK: { k: number; accuracy: number };
  perClass: ClassResult[];
  /** `confusion[i][j]`: images of class i taken for class j. */
  confusion: number[][];
  seconds: number;
}

/** The likeliest class of one image. */
export interface Answer {
  label: number;
  probability: number;
}

/** Runs the net over a whole dataset: figures, and the answer for every image in the dataset's order. */
export async function measure(options: MeasureOptions): Promise<{ measurement: Measurement; answers: Answer[] }> {
  const { net, dataset, classNames, batchSize, onBatch, signal } = options;
  const started = performance.now();
  const loader = new DataLoader(dataset, { batchSize });
  const confusion = new ConfusionMatrix(classNames.length);
  const top = topK(options.topK);
  const answers: Answer[] = [];
  let loss = 0;
  try {
    for await (const { inputs, targets } of loader.epoch(0)) {
      signal?.throwIfAborted();
      const [sum, best, labels] = tf.tidy(() => {
        const logits = net.predict(inputs);
        confusion.update(logits, targets);
        top.update(logits, targets);
        const probabilities = tf.softmax(logits);
        const total = crossEntropy(logits, targets, { reduction: 'sum' });
        return [total, tf.max(probabilities, 1), tf.argMax(logits, 1)] as const;
      }) as [tf.Tensor, tf.Tensor, tf.Tensor];
      try {
        const [total, probabilities, classes] = await Promise.all([sum.data(), best.data(), labels.data()]);
        loss += total[0]!;
        classes.forEach((label, i) => {
          answers.push({ label, probability: probabilities[i]! });
        });
      } finally {
        tf.dispose([sum, best, labels, inputs, targets]);
      }
      onBatch?.(answers.length, dataset.length);
    }
    await checkBackendErrors();
    const matrix = await confusion.compute();
    const perClass = matrix.map((row, label): ClassResult => {
      const count = row.reduce((a, b) => a + b, 0);
      return { name: classNames[label]!, count, accuracy: count > 0 ? row[label]! / count : null };
    });
    const hits = matrix.reduce((total, row, label) => total + row[label]!, 0);
    const measurement = {
      examples: answers.length,
      loss: loss / answers.length,
      accuracy: hits / answers.length,
      topK: { k: options.topK, accuracy: await top.compute() },
      perClass,
      confusion: matrix,
      seconds: (performance.now() - started) / 1000,
    };
    return { measurement, answers };
  } finally {
    confusion.dispose();
    top.dispose();
  }
}

export interface Confused {
  actual: string;
  predicted: string;
  count: number;
}

/** Pairs of classes that were mixed up most often. */
export function mostConfused({ confusion, perClass }: Measurement, limit: number): Confused[] {
  return confusion
    .flatMap((row, i) =>
      row.map((count, j) => ({ actual: perClass[i]!.name, predicted: perClass[j]!.name, count, same: i === j })),
    )
    .filter(({ count, same }) => count > 0 && !same)
    .sort((a, b) => b.count - a.count)
    .slice(0, limit)
    .map(({ actual, predicted, count }) => ({ actual, predicted, count }));
}
