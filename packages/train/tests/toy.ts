import * as tf from '@tensorflow/tfjs-core';
import { type Batch, type BatchSource, createRng, Module, seeded } from '@zoo/core';
import { BatchNorm1d, Dropout, Linear, ReLU } from '@zoo/layers';

/** A net with everything a checkpoint must carry: weights, running statistics, a counter and a random stream. */
export class ToyNet extends Module {
  first: Linear;
  norm = new BatchNorm1d(8);
  act = new ReLU();
  drop = new Dropout(0.3);
  second = new Linear(8, 3);

  constructor(inputs = 4) {
    super();
    this.first = new Linear(inputs, 8);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return this.second.call(this.drop.call(this.act.call(this.norm.call(this.first.call(x)))));
  }
}

export const toyNet = (seed = 1, inputs = 4): ToyNet => seeded(seed, () => new ToyNet(inputs));

export interface ToySourceOptions {
  numExamples?: number;
  batchSize?: number;
  seed?: number;
  /** Changes a batch on its way out. */
  change?: (inputs: Float32Array, place: { epoch: number; batch: number }) => void;
}

/** Three Gaussian blobs in four dimensions, shuffled by seed and epoch. */
export function toySource(options: ToySourceOptions = {}): BatchSource {
  const { numExamples = 50, batchSize = 8, seed = 7, change } = options;
  const rng = createRng(seed);
  const labels = Int32Array.from({ length: numExamples }, (_, i) => i % 3);
  const points = Float32Array.from({ length: numExamples * 4 }, (_, i) => {
    const label = labels[Math.floor(i / 4)]!;
    return rng.normal() + (i % 4 === label ? 2 : 0);
  });
  const numBatches = Math.ceil(numExamples / batchSize);
  return {
    numExamples,
    numBatches,
    async *epoch(epoch, { start = 0 } = {}): AsyncGenerator<Batch> {
      const order = createRng(seed + 1000 * (epoch + 1)).permutation(numExamples);
      for (let batch = start; batch < numBatches; batch++) {
        const rows = order.slice(batch * batchSize, (batch + 1) * batchSize);
        const inputs = Float32Array.from(
          { length: rows.length * 4 },
          (_, i) => points[rows[Math.floor(i / 4)]! * 4 + (i % 4)]!,
        );
        change?.(inputs, { epoch, batch });
        yield {
          inputs: tf.tensor2d(inputs, [rows.length, 4]),
          targets: tf.tensor1d(
            Int32Array.from(rows, (row) => labels[row]!),
            'int32',
          ),
        };
      }
    },
  };
}
