import * as tf from '@tensorflow/tfjs-core';
import type { Batch, BatchSource } from '@zoo/core';
import { invalid } from './options.ts';

const restEveryMs = 50;

/** Hands every batch of one pass to `use`, disposes it, and lets the event loop run now and then. */
export async function eachBatch(
  owner: string,
  source: BatchSource,
  use: (batch: Batch) => void | Promise<void>,
): Promise<void> {
  let batches = 0;
  let rested = performance.now();
  for await (const batch of source.epoch(0)) {
    try {
      await use(batch);
    } finally {
      tf.dispose([batch.inputs, batch.targets]);
    }
    batches++;
    if (performance.now() - rested < restEveryMs) continue;
    await new Promise((resolve) => setTimeout(resolve));
    rested = performance.now();
  }
  if (batches === 0) throw invalid(`${owner}: the source has no batches.`);
}
