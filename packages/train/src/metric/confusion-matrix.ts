import * as tf from '@tensorflow/tfjs-core';
import { oneHot, ZooError } from '@zoo/core';
import { classRows } from './accuracy.ts';
import { DeviceSum } from './device-sum.ts';
import type { Metric } from './metric.ts';

/** How often class i (row) was taken for class j (column). Labels outside the classes are not counted. */
export class ConfusionMatrix implements Metric<number[][]> {
  readonly numClasses: number;
  readonly #sums: DeviceSum;

  constructor(numClasses: number) {
    if (!Number.isInteger(numClasses) || numClasses < 1) {
      throw new ZooError('INVALID_ARGUMENT', `ConfusionMatrix needs a number of classes >= 1, got ${numClasses}.`);
    }
    this.numClasses = numClasses;
    this.#sums = new DeviceSum([numClasses, numClasses]);
  }

  update(outputs: tf.Tensor, targets: tf.Tensor): void {
    this.#sums.add(() => {
      const [scores, labels] = classRows('ConfusionMatrix', outputs, targets);
      if (scores.shape[1] !== this.numClasses) {
        throw new ZooError(
          'SHAPE_MISMATCH',
          `This ConfusionMatrix is for ${this.numClasses} classes; the scores have ${scores.shape[1]}.`,
        );
      }
      const ones = (classes: tf.Tensor) => oneHot(classes, this.numClasses) as tf.Tensor2D;
      return tf.matMul(ones(labels), ones(tf.argMax(scores, 1)), true);
    });
  }

  async compute(): Promise<number[][]> {
    const n = this.numClasses;
    const sums = await this.#sums.read();
    return Array.from({ length: n }, (_, row) => [...sums.subarray(row * n, (row + 1) * n)]);
  }

  reset(): void {
    this.#sums.set(new Float64Array(this.numClasses ** 2));
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
