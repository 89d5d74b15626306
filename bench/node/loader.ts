import * as tf from '@tensorflow/tfjs-core';
import type { Job } from '../suite/protocol.ts';
import { jpegLoader } from './jpeg-files.ts';
import type { Prepared } from './prepared.ts';

/** One epoch over the JPEG files, nothing computed with them. The workers stay alive over all epochs. */
export async function prepare(job: Job): Promise<Prepared> {
  const loader = jpegLoader(job);
  return {
    async iterate() {
      for await (const { inputs, targets } of loader) tf.dispose([inputs, targets]);
    },
    async *check() {
      for await (const { inputs, targets } of loader) {
        yield (await inputs.data()) as Float32Array;
        tf.dispose([inputs, targets]);
        return;
      }
    },
  };
}
