import * as tf from '@tensorflow/tfjs-core';
import { checkBackendErrors, valueAndGrads } from '@zoo/core';
import { DataLoader, type TensorDataset } from '@zoo/datasets';
import { lenet5_relu } from '@zoo/lenet';
import { Adam, crossEntropy } from '@zoo/train';

/** LeNet with the optimizer that trains it. Always the same net at first: its seed is fixed. */
export class Session {
  readonly net = lenet5_relu({ seed: 1 });
  readonly #optimizer = new Adam(this.net.parameters(), { lr: 0.005 });
  #epoch = 0;

  /** Scores of one image, `[10]`. */
  async logits(dataset: TensorDataset, index: number): Promise<Float32Array> {
    const { inputs, targets } = await dataset.batch([index]);
    const logits = this.net.predict(inputs);
    const values = (await logits.data()) as Float32Array;
    tf.dispose([inputs, targets, logits]);
    await checkBackendErrors();
    return values;
  }

  /** Trains over the dataset once, or for `maxBatches`; yields the mean loss of each batch. */
  async *train(dataset: TensorDataset, maxBatches = Number.POSITIVE_INFINITY): AsyncGenerator<number> {
    const loader = new DataLoader(dataset, { batchSize: 32, shuffle: true, seed: 1 });
    let done = 0;
    this.net.train();
    for await (const { inputs, targets } of loader.epoch(this.#epoch++)) {
      const { value, grads } = valueAndGrads(
        () => crossEntropy(this.net.call(inputs), targets),
        this.net.trainableParameters(),
      );
      this.#optimizer.step(grads);
      const [loss = Number.NaN] = await value.data();
      tf.dispose([inputs, targets, value, ...grads.values()]);
      await checkBackendErrors();
      yield loss;
      if (++done >= maxBatches) return;
    }
  }

  dispose(): void {
    this.#optimizer.dispose();
    this.net.dispose();
  }
}
