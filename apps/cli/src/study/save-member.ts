import { fuse } from '@zoo/transfer';
import { saveSafetensors } from '@zoo/weights/node';
import type { Net } from '../net/create-net.ts';
import { fusedMetadata } from '../net/fused-record.ts';
import { weightsMetadata } from '../net/weights-metadata.ts';
import type { Backbone } from './backbone.ts';
import type { FittedHead, Head } from './fit-head.ts';

/** Backbone and head as one net; it shares both, and is not to be disposed. */
export const fusedNet = ({ net, spec }: Backbone, head: Head): Net =>
  fuse(net, head, { tap: spec.taps, pool: spec.pool });

/** Writes backbone and head as one weight file that `zoo predict`, `evaluate`, `explain` and `ensemble` take. */
export async function saveFused(
  path: string,
  backbone: Backbone,
  { head, record }: Pick<FittedHead, 'head' | 'record'>,
  classNames: readonly string[],
): Promise<void> {
  const { spec, options, inputSpec } = backbone;
  const { taps, pool } = spec;
  await saveSafetensors(path, await fusedNet(backbone, head).stateDict(), {
    ...weightsMetadata({ name: spec.model, options, classNames, input: inputSpec }),
    ...fusedMetadata({ taps, pool, head: record }),
  });
}
