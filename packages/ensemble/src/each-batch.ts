import * as tf from '@tensorflow/tfjs-core';
import type { Batch, BatchSource } from '@zoo/core';
import { invalid } from './options.ts';

/** Hands every batch of one pass to `use`, disposes it, and lets the event loop run in between. */
export async function eachBatch(
  owner: string,
  source: BatchSource,
  use: (batch: Batch) => void | Promise<void>,
): Promise<void> {
  let batches = 0;
  for await (const batch of source.epoch(0)) {
    try {
      await use(batch);
    } finally {
      tf.dispose([batch.inputs, batch.targets]);
    }
    batches++;
    await new Promise((resolve) => setTimeout(resolve));
  }
  if (batches === 0) throw invalid(`${owner}: the source has no batches.`);
}
