import * as tf from '@tensorflow/tfjs-core';
import type { Job } from '../src/protocol.ts';
import { jpegLoader } from './jpeg-files.ts';
import type { Prepared } from './prepared.ts';

/** One epoch over the JPEG files, nothing computed with them. */
export async function prepare(job: Job): Promise<Prepared> {
  return {
    async iterate() {
      for await (const { inputs, targets } of jpegLoader(job)) tf.dispose([inputs, targets]);
    },
    async *check() {
      for await (const { inputs, targets } of jpegLoader(job)) {
        yield (await inputs.data()) as Float32Array;
        tf.dispose([inputs, targets]);
        return;
      }
    },
  };
}
