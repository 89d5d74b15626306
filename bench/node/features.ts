import * as tf from '@tensorflow/tfjs-core';
import type { Job } from '../suite/protocol.ts';
import { compileMs } from './compile-time.ts';
import { jpegLoader } from './jpeg-files.ts';
import { buildNet } from './net.ts';
import type { Prepared } from './prepared.ts';

/** Features of all JPEG files: the net with its classifier removed, the next batches decoded while it computes. */
export async function prepare(job: Job): Promise<Prepared> {
  const net = await buildNet(job);
  net.resetClassifier(0);
  net.optimizeForInference();
  const loader = jpegLoader(job);
  async function* features(): AsyncGenerator<Float32Array, void> {
    for await (const { inputs, targets } of loader) {
      const y = net.predict(inputs);
      const values = (await y.data()) as Float32Array;
      tf.dispose([inputs, targets, y]);
      yield values;
    }
  }
  return {
    compileMs,
    async iterate() {
      const all: Float32Array[] = [];
      for await (const batch of features()) all.push(batch);
      return all;
    },
    async *check() {
      for await (const batch of features()) {
        yield batch;
        return;
      }
    },
  };
}
