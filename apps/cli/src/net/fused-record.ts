import { parseJson, ZooError } from '@zoo/core';
import type { FeaturePool } from '@zoo/transfer';

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

/** Metadata of a weight file of a fused net, besides that of its backbone. */
export const fusedMetadata = (record: FusedRecord): Record<string, string> => ({ [headKey]: JSON.stringify(record) });

/** The head that a weight file has beside its backbone; undefined where it has none. Throws `CORRUPT_FILE`. */
export function readFused(metadata: Readonly<Record<string, string>>, path: string): FusedRecord | undefined {
  const text = metadata[headKey];
  if (text === undefined) return undefined;
  try {
    const record = parseJson(text, { name: path }) as FusedRecord;
    if (Array.isArray(record.taps) && ['linear', 'mlp', 'knn'].includes(record.head.type)) return record;
  } catch {} // refused below
  throw new ZooError('CORRUPT_FILE', `${path}: metadata '${headKey}' does not describe a head.`);
}
