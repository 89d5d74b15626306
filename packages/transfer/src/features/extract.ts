import { type AnyModule, numElements, ZooError } from '@zoo/core';
import type { Dataset } from '@zoo/datasets';
import type { TapName } from '../taps/tap-name.ts';
import { type FeatureBatch, FeatureReader } from './feature-rows.ts';
import type { FeatureSet } from './feature-set.ts';
import { MemoryFeatureSet } from './memory-feature-set.ts';
import { checkPool, type FeaturePool } from './pool.ts';
import { TargetRows } from './targets.ts';

export interface ExtractionProgress {
  /** Examples so far. */
  done: number;
  total: number;
}

export interface ExtractionSettings {
  /** What becomes of feature maps `[n, h, w, c]`; default `avg`. */
  pool?: FeaturePool;
  /** Images per forward pass; default 32. */
  batchSize?: number;
  onProgress?: (progress: ExtractionProgress) => void;
  /** Stops after the current batch; throws `INTERRUPTED`. */
  signal?: AbortSignal;
}

export interface ExtractFeaturesOptions<Net extends AnyModule = AnyModule> extends ExtractionSettings {
  /** Where to read; default `['preLogits']`, what the net's own classifier gets. */
  taps?: readonly TapName<Net>[];
}

export interface CheckedExtraction {
  taps: string[];
  pool: FeaturePool;
  batchSize: number;
  signal: AbortSignal | undefined;
}

export function checkExtraction(
  dataset: Dataset,
  options: ExtractionSettings & { taps?: readonly string[] },
): CheckedExtraction {
  const { taps = ['preLogits'], pool = 'avg', batchSize = 32, signal } = options;
  if (dataset.length === 0) throw new ZooError('INVALID_ARGUMENT', 'There are no examples to extract features of.');
  return { taps: [...taps], pool: checkPool(pool), batchSize, signal };
}

/** A row per example, filled batch by batch. */
class Rows {
  readonly values: Float32Array;
  readonly width: number;

  constructor(length: number, width: number) {
    this.values = new Float32Array(length * width);
    this.width = width;
  }
}

const emptyTargets = (batch: FeatureBatch, length: number): Int32Array | Float32Array => {
  const size = length * numElements(batch.targetShape);
  return batch.targets instanceof Int32Array ? new Int32Array(size) : new Float32Array(size);
};

/**
 * Runs `net` once over `dataset`, in evaluation mode, and keeps what its taps see, in memory. With `@zoo/transfer/node`
 * features go to disk instead. Throws `UNKNOWN_NAME` for a tap there is not, and `INTERRUPTED`.
 *
 * ```ts
 * const features = await extractFeatures(net, images, { taps: ['preLogits'] });
 * await trainHead(linearHead({ inFeatures: 512, numClasses: 2 }), features, { epochs: 50 });
 * ```
 */
export async function extractFeatures<Net extends AnyModule>(
  net: Net,
  dataset: Dataset,
  options: ExtractFeaturesOptions<Net> = {},
): Promise<FeatureSet> {
  const { taps, pool, batchSize, signal } = checkExtraction(dataset, options);
  const { length, classNames } = dataset;
  let rows: Map<string, Rows> | undefined;
  let targets: Int32Array | Float32Array | undefined;
  let targetShape: readonly number[] = [];
  let done = 0;
  for await (const batch of new FeatureReader(net, { taps, pool, batchSize, signal }).read(dataset)) {
    rows ??= new Map(taps.map((tap, i) => [tap, new Rows(length, batch.features[i]!.length / batch.rows)]));
    targets ??= emptyTargets(batch, length);
    targetShape = batch.targetShape;
    for (const [i, { values, width }] of [...rows.values()].entries()) values.set(batch.features[i]!, done * width);
    targets.set(batch.targets, done * numElements(targetShape));
    done += batch.rows;
    options.onProgress?.({ done, total: length });
  }
  return new MemoryFeatureSet({
    rows: rows!,
    targets: new TargetRows(targets!, targetShape),
    length,
    pool,
    classNames,
    description: { net: net.constructor.name, of: dataset.describe() },
  });
}
