import { type AnyModule, refuseUnknown, ZooError } from '@zoo/core';
import type { Dataset } from '@zoo/datasets';
import { planTaps } from '../taps/collect.ts';
import type { TapName } from '../taps/tap-name.ts';
import { FeatureReader, type FeatureRowsOptions } from './feature-rows.ts';
import type { FeatureSet } from './feature-set.ts';
import { MemoryFeatureSet } from './memory-feature-set.ts';
import { checkPool, type FeaturePool } from './pool.ts';
import { RowBuffer } from './row-buffer.ts';
import { TargetRows } from './targets.ts';

export interface ExtractionProgress {
  /** Examples so far, those included that could not be read. */
  done: number;
  total: number;
}

export interface ExtractionSettings {
  /** What becomes of feature maps `[n, h, w, c]`; default `avg`. */
  pool?: FeaturePool;
  /** Images per forward pass; default 32. */
  batchSize?: number;
  /** Threads that decode and transform images, as `DataLoader` has them; default 0. */
  workers?: number;
  onProgress?: (progress: ExtractionProgress) => void;
  /** Stops after the current batch; throws `INTERRUPTED`. */
  signal?: AbortSignal;
}

export interface ExtractFeaturesOptions<Net extends AnyModule = AnyModule> extends ExtractionSettings {
  /** Where to read; default `['preLogits']`, what the net's own classifier gets. */
  taps?: readonly TapName<Net>[];
}

const optionNames = ['taps', 'pool', 'batchSize', 'workers', 'onProgress', 'signal'];

/** Checks all that can be known before anything is written; `further` are options that the caller has checked. */
export function checkExtraction(
  net: AnyModule,
  dataset: Dataset,
  {
    options,
    further = [],
  }: { options: ExtractionSettings & { taps?: readonly string[] }; further?: readonly string[] },
): FeatureRowsOptions {
  refuseUnknown('extractFeatures', options, [...optionNames, ...further]);
  const { taps = ['preLogits'], pool = 'avg', batchSize = 32, workers, signal } = options;
  if (!Number.isSafeInteger(batchSize) || batchSize < 1)
    throw new ZooError(
      'INVALID_ARGUMENT',
      `extractFeatures: 'batchSize' must be a whole number >= 1, got ${batchSize}.`,
    );
  planTaps(net, taps);
  if (dataset.length === 0) throw new ZooError('INVALID_ARGUMENT', 'There are no examples to extract features of.');
  return { taps: [...taps], pool: checkPool(pool), batchSize, workers, signal };
}

export const nothingRead = (dataset: Dataset): ZooError =>
  new ZooError('INVALID_ARGUMENT', `None of the ${dataset.length} examples could be read.`);

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
  if ('dir' in options) {
    const where = 'of @zoo/transfer keeps features in memory; the one of @zoo/transfer/node stores them in a folder';
    throw new ZooError('INVALID_ARGUMENT', `extractFeatures ${where}: import it from there to give a dir.`);
  }
  const settings = checkExtraction(net, dataset, { options });
  const { taps, pool } = settings;
  const { length, classNames } = dataset;
  let rows: RowBuffer | undefined;
  for await (const batch of new FeatureReader(net, settings).read(dataset)) {
    rows ??= new RowBuffer(length, batch);
    rows.add(batch);
    options.onProgress?.({ done: batch.examples.at(-1)! + 1, total: length });
  }
  if (!rows) throw nothingRead(dataset);
  const { widths, targetShape } = rows;
  const { features, targets, examples } = rows.contents();
  return new MemoryFeatureSet({
    rows: new Map(taps.map((tap, i) => [tap, { values: features[i]!, width: widths[i]! }])),
    targets: new TargetRows(targets, targetShape),
    examples,
    hasLabels: dataset.labels !== undefined,
    pool,
    classNames,
    description: { net: net.constructor.name, of: dataset.describe() },
  });
}
