import type * as tf from '@tensorflow/tfjs-core';
import { type Module, ZooError } from '@zoo/core';
import { type FeaturePool, fuse, KNearestNeighbors, linearHead, mlpHead } from '@zoo/transfer';
import type { Net } from './create-net.ts';
import { NeighbourHead } from './neighbour-head.ts';

const headKey = 'zoo.head';

/** How a head is built before its weights are loaded. */
export type HeadRecord =
  | { type: 'linear'; inFeatures: number; numClasses: number; dropRate: number }
  | { type: 'mlp'; inFeatures: number; numClasses: number; dropRate: number; hidden: readonly number[] }
  | { type: 'knn'; inFeatures: number; numClasses: number; k: number; metric: 'cosine' | 'euclidean'; rows: number };

/** What makes one net of a backbone and a head. */
export interface FusedRecord {
  taps: readonly string[];
  pool: FeaturePool;
  head: HeadRecord;
}

type Head = Module<[tf.Tensor], tf.Tensor>;

function buildHead(record: HeadRecord): Head {
  switch (record.type) {
    case 'linear':
      return linearHead({ ...record, seed: 0 });
    case 'mlp':
      return mlpHead({ ...record, seed: 0 });
    case 'knn': {
      const { rows, inFeatures: width, numClasses, k, metric } = record;
      const examples = {
        values: new Float32Array(rows * width),
        labels: new Int32Array(rows),
        rows,
        width,
        numClasses,
      };
      return new NeighbourHead(new KNearestNeighbors(examples, k, metric));
    }
  }
}

/** Metadata of a weight file of a fused net, besides that of its backbone. */
export const fusedMetadata = (record: FusedRecord): Record<string, string> => ({ [headKey]: JSON.stringify(record) });

/** The head that a weight file has beside its backbone; undefined where it has none. Throws `CORRUPT_FILE`. */
export function readFused(metadata: Readonly<Record<string, string>>, path: string): FusedRecord | undefined {
  const text = metadata[headKey];
  if (text === undefined) return undefined;
  try {
    const record = JSON.parse(text) as FusedRecord;
    if (Array.isArray(record.taps) && ['linear', 'mlp', 'knn'].includes(record.head.type)) return record;
  } catch {} // refused below
  throw new ZooError('CORRUPT_FILE', `${path}: metadata '${headKey}' does not describe a head.`);
}

/** One net of a backbone and the head that `record` describes, to load weights into. */
export function fuseHead(backbone: Net, { taps, pool, head }: FusedRecord): Net {
  return fuse(backbone, buildHead(head), { tap: [...taps], pool });
}
