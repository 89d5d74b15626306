import * as tf from '@tensorflow/tfjs-core';
import { formatShape, sameShape, ZooError } from '@zoo/core';
import { refuseUnknown } from '../options.ts';
import { DeviceSum } from './device-sum.ts';
import type { Metric } from './metric.ts';

export interface AccuracyOptions {
  /** Label of elements that are not counted; default -100. */
  ignoreIndex?: number;
}

/** Labels as `[rows]` and scores as `[rows, classes]`. */
export function classRows(metric: string, outputs: tf.Tensor, targets: tf.Tensor): [tf.Tensor2D, tf.Tensor1D] {
  if (outputs.rank < 2 || !sameShape(outputs.shape.slice(0, -1), targets.shape)) {
    throw new ZooError(
      'SHAPE_MISMATCH',
      `${metric} needs scores [n, ..., classes] and labels [n, ...], got ${formatShape(outputs.shape)} and ${formatShape(targets.shape)}.`,
    );
  }
  return [tf.reshape(outputs, [-1, outputs.shape.at(-1)!]), tf.cast(tf.reshape(targets, [-1]), 'int32') as tf.Tensor1D];
}

/** Share of elements whose label is among the `k` best-scored classes. */
class TopK implements Metric {
  readonly #k: number;
  readonly #ignoreIndex: number;
  /** Hits and elements. */
  readonly #sums = new DeviceSum([2]);

  constructor(k: number, { ignoreIndex = -100 }: AccuracyOptions) {
    this.#k = k;
    this.#ignoreIndex = ignoreIndex;
  }

  update(outputs: tf.Tensor, targets: tf.Tensor): void {
    this.#sums.add(() => {
      const [scores, labels] = classRows(this.#k === 1 ? 'accuracy' : 'topK', outputs, targets);
      const [rows, classes] = scores.shape;
      if (this.#k > classes) {
        throw new ZooError('INVALID_ARGUMENT', `topK(${this.#k}) needs at least that many classes, got ${classes}.`);
      }
      const best = this.#k === 1 ? tf.argMax(scores, 1) : tf.topk(scores, this.#k).indices;
      const wanted =
        this.#k === 1 ? labels : tf.reshape(tf.tile(tf.reshape(labels, [rows, 1]), [1, this.#k]), [rows, this.#k]);
      const hits = tf.cast(tf.equal(tf.cast(best, 'int32'), wanted), 'float32');
      const counted = tf.cast(tf.notEqual(labels, tf.scalar(this.#ignoreIndex, 'int32')), 'float32');
      // An ignored label that is no class hits nothing; one that is a class has to be masked.
      const masked = this.#k === 1 ? tf.mul(hits, counted) : tf.mul(tf.sum(hits, 1), counted);
      return tf.stack([tf.sum(masked), tf.sum(counted)]);
    });
  }

  async compute(): Promise<number> {
    const [hits, elements] = await this.#sums.read();
    return hits! / elements!;
  }

  reset(): void {
    this.#sums.set([0, 0]);
  }

  async state(): Promise<number[]> {
    return [...(await this.#sums.read())];
  }

  loadState(state: readonly number[]): void {
    this.#sums.set(state);
  }

  dispose(): void {
    this.#sums.dispose();
  }
}

/** Share of elements whose best-scored class is their label. */
export function accuracy(options: AccuracyOptions = {}): Metric {
  refuseUnknown('accuracy', options, ['ignoreIndex']);
  return new TopK(1, options);
}

/** Share of elements whose label is among the `k` best-scored classes. */
export function topK(k: number, options: AccuracyOptions = {}): Metric {
  refuseUnknown('topK', options, ['ignoreIndex']);
  if (!Number.isInteger(k) || k < 1)
    throw new ZooError('INVALID_ARGUMENT', `topK needs a whole number >= 1, got ${k}.`);
  return new TopK(k, options);
}
