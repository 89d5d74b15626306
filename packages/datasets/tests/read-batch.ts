import type { Batch } from '@zoo/core';

/** A batch's values; disposes it. */
export async function readBatch(
  given: Batch | Promise<Batch>,
): Promise<{ inputs: number[]; inputShape: number[]; targets: number[] }> {
  const { inputs, targets } = await given;
  const read = { inputs: [...(await inputs.data())], inputShape: inputs.shape, targets: [...(await targets.data())] };
  inputs.dispose();
  targets.dispose();
  return read;
}
