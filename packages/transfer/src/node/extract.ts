import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type AnyModule, shown, ZooError } from '@zoo/core';
import { withFolderLock } from '@zoo/core/node';
import type { Dataset } from '@zoo/datasets';
import { checkExtraction, type ExtractFeaturesOptions, nothingRead } from '../features/extract.ts';
import { type FeatureBatch, FeatureReader, type FeatureRowsOptions, throwIfAborted } from '../features/feature-rows.ts';
import { RowBuffer } from '../features/row-buffer.ts';
import { type FeatureStore, storeOf } from './feature-store.ts';
import {
  corruptManifest,
  examplesDone,
  type FeatureSource,
  type FileHash,
  fileHashes,
  isComplete,
  type Manifest,
  manifestName,
  newManifest,
  readManifest,
  writeManifest,
} from './manifest.ts';
import { readingShard, readRows, writeShard } from './shard.ts';
import { differences, featureSource } from './source-hash.ts';

export interface StoreFeaturesOptions<Net extends AnyModule = AnyModule> extends ExtractFeaturesOptions<Net> {
  /** Folder of the store; made if need be. */
  dir: string;
  /** Examples per file, rounded up to whole batches; by default as many as make about 8 MB. A started store keeps its own. */
  shardRows?: number;
  /**
   * How much of image files is hashed to tell whether they are those that a store is of: `samples` (default; size and 4 KB each
   * from begin, middle and end) or `whole`.
   */
  hashFiles?: FileHash;
  /** Deletes what the store has and extracts anew. */
  overwrite?: boolean;
}

const shardBytes = 8 * 2 ** 20;

const widthsOf = ({ features, examples }: FeatureBatch): number[] =>
  features.map((values) => values.length / examples.length);

/** Whole batches, so that a run that goes on at a shard's start has the batches of one that never stopped. */
function rowsPerShard(wanted: number | undefined, batchSize: number, first: FeatureBatch): number {
  const rowBytes = first.features.reduce((sum, { byteLength }) => sum + byteLength, 0) / first.examples.length;
  const rows = wanted ?? Math.max(1, Math.round(shardBytes / rowBytes));
  return Math.ceil(rows / batchSize) * batchSize;
}

/** Removes shards that the manifest does not name, and the temporary files of killed writers. The lock is held. */
async function removeStrays(dir: string, manifest: Manifest | undefined): Promise<void> {
  const known = new Set(manifest?.shards.map(({ file }) => file));
  for (const name of await readdir(dir)) {
    const stray = /^shard-\d+\.safetensors$/.test(name) && !known.has(name);
    const temporary = /^\.(shard-\d+\.safetensors|manifest\.json)\..*\.tmp$/.test(name);
    if (stray || temporary) await rm(join(dir, name), { force: true });
  }
}

/** Refuses a store of other features, and a manifest that says of the same data set what is not so. */
function refuseOther(
  dir: string,
  manifest: Manifest,
  { source, dataset }: { source: FeatureSource; dataset: Dataset },
): void {
  const changed = differences(manifest.source, source);
  if (changed.length > 0) {
    throw new ZooError(
      'INVALID_CONFIG',
      `The features in ${dir} were extracted from something else. Different now: ${changed.join('; ')}. Name another folder, or start anew with overwrite: true.`,
    );
  }
  const expected = describedExamples(dataset);
  for (const [key, value] of Object.entries(expected)) {
    const stored = manifest[key as keyof typeof expected];
    if (JSON.stringify(stored) === JSON.stringify(value)) continue;
    throw corruptManifest(dir, `'${key}' is ${shown(stored)}, the data set's ${shown(value)}`);
  }
}

/** What a manifest takes over from the data set. */
const describedExamples = ({ classNames, labels, length }: Dataset) => ({
  classNames: classNames ?? null,
  hasLabels: labels !== undefined,
  examples: length,
});

/** For a run of which no example could be read, in a store that others wrote to. */
async function emptyLikeLastShard(dir: string, manifest: Manifest): Promise<RowBuffer> {
  const { targets, targetShape } = await readingShard(() => readRows(dir, manifest, manifest.shards.at(-1)!));
  return new RowBuffer(1, {
    examples: new Uint32Array(1),
    features: manifest.widths.map((width) => new Float32Array(width)),
    targets,
    targetShape,
  });
}

/** Writes the shards that are missing. */
class StoreWriter {
  manifest: Manifest | undefined;
  readonly #options: StoreFeaturesOptions;
  readonly #dataset: Dataset;
  readonly #source: FeatureSource;
  #buffer: RowBuffer | undefined;

  constructor(dataset: Dataset, source: FeatureSource, options: StoreFeaturesOptions, manifest: Manifest | undefined) {
    this.#dataset = dataset;
    this.#source = source;
    this.#options = options;
    this.manifest = manifest;
  }

  async add(batch: FeatureBatch, batchSize: number): Promise<void> {
    const manifest = await this.#manifestFor(batch, batchSize);
    this.#buffer ??= new RowBuffer(manifest.shardRows, batch);
    let from = 0;
    while (from < batch.examples.length) {
      const end = examplesDone(manifest) + manifest.shardRows;
      const next = batch.examples.findIndex((example) => example >= end);
      const to = next < 0 ? batch.examples.length : next;
      this.#buffer.add(batch, from, to);
      from = to;
      if (next >= 0 || batch.examples.at(-1) === end - 1) await this.#flush(manifest, this.#buffer);
    }
  }

  /** Writes the last shard, and those of which nothing could be read. */
  async finish(): Promise<Manifest> {
    const { manifest } = this;
    if (!manifest) throw nothingRead(this.#dataset);
    while (!isComplete(manifest)) {
      this.#buffer ??= await emptyLikeLastShard(this.#options.dir, manifest);
      await this.#flush(manifest, this.#buffer);
    }
    return manifest;
  }

  async #manifestFor(first: FeatureBatch, batchSize: number): Promise<Manifest> {
    if (this.manifest) {
      const { widths } = this.manifest;
      const now = widthsOf(first);
      if (widths.join() === now.join()) return this.manifest;
      throw corruptManifest(this.#options.dir, `'widths' is ${shown(widths)}, the net's ${shown(now)}`);
    }
    this.manifest = newManifest({
      source: this.#source,
      widths: widthsOf(first),
      ...describedExamples(this.#dataset),
      shardRows: rowsPerShard(this.#options.shardRows, batchSize, first),
    });
    await writeManifest(this.#options.dir, this.manifest);
    return this.manifest;
  }

  async #flush(manifest: Manifest, buffer: RowBuffer): Promise<void> {
    const examples = Math.min(manifest.shardRows, manifest.examples - examplesDone(manifest));
    manifest.shards.push(await writeShard(this.#options.dir, manifest, { buffer, examples }));
    await writeManifest(this.#options.dir, manifest);
    buffer.clear();
  }
}

async function extractLocked(
  net: AnyModule,
  dataset: Dataset,
  { options, settings, source }: { options: StoreFeaturesOptions; settings: FeatureRowsOptions; source: FeatureSource },
): Promise<FeatureStore> {
  const { dir, overwrite = false, onProgress } = options;
  if (overwrite) await rm(join(dir, manifestName), { force: true });
  const manifest = overwrite ? undefined : await readManifest(dir);
  if (manifest) refuseOther(dir, manifest, { source, dataset });
  await removeStrays(dir, manifest);
  if (manifest && isComplete(manifest)) return storeOf(dir, manifest);

  const writer = new StoreWriter(dataset, source, options, manifest);
  const reader = new FeatureReader(net, settings);
  for await (const batch of reader.read(dataset, manifest ? examplesDone(manifest) : 0)) {
    await writer.add(batch, settings.batchSize);
    onProgress?.({ done: batch.examples.at(-1)! + 1, total: dataset.length });
  }
  return storeOf(dir, await writer.finish());
}

/** The manifest of a folder where nothing is left to do; such a one may be read-only, so nothing is locked. */
async function completeManifest(
  dir: string,
  data: { source: FeatureSource; dataset: Dataset },
): Promise<Manifest | undefined> {
  const manifest = await readManifest(dir);
  if (!manifest || !isComplete(manifest)) return undefined;
  refuseOther(dir, manifest, data);
  return manifest;
}

/**
 * Runs `net` over `dataset`, in evaluation mode, and stores what its taps see in the folder `dir`: safetensors shards and
 * a manifest with hashes of the weights, the transforms and the data. Memory holds one shard, whatever the number of
 * images. Killed at any moment, the same call goes on where it was, and the store ends up the same byte for byte; once
 * all is there, no forward pass runs. Of several processes one works and the others wait.
 *
 * Throws `INVALID_CONFIG`, naming what changed, when `dir` has features of other weights, transforms, data or taps, unless
 * `overwrite`; `INTERRUPTED` by `signal`, `WRITE_FAILED`, `CORRUPT_FILE`.
 */
export async function extractFeatures<Net extends AnyModule>(
  net: Net,
  dataset: Dataset,
  options: StoreFeaturesOptions<Net>,
): Promise<FeatureStore> {
  const { dir, shardRows = 1, hashFiles = 'samples', signal } = options ?? {};
  if (typeof dir !== 'string' || dir === '')
    throw new ZooError('INVALID_ARGUMENT', "extractFeatures needs a folder for the features, e.g. dir: 'features'.");
  if (!Number.isInteger(shardRows) || shardRows < 1) {
    throw new ZooError(
      'INVALID_ARGUMENT',
      `extractFeatures: 'shardRows' must be a whole number >= 1, got ${shardRows}.`,
    );
  }
  if (!fileHashes.includes(hashFiles)) {
    throw new ZooError(
      'INVALID_ARGUMENT',
      `extractFeatures: 'hashFiles' must be 'samples' or 'whole', got ${shown(hashFiles)}.`,
    );
  }
  const given = options as unknown as StoreFeaturesOptions;
  const settings = checkExtraction(net, dataset, {
    options: given,
    further: ['dir', 'shardRows', 'overwrite', 'hashFiles'],
  });
  throwIfAborted(signal);
  const source = await featureSource(net, dataset, { ...settings, hashFiles });
  const complete = given.overwrite ? undefined : await completeManifest(dir, { source, dataset });
  if (complete) return storeOf(dir, complete);
  try {
    return await withFolderLock(dir, () => extractLocked(net, dataset, { options: given, settings, source }), {
      signal,
    });
  } catch (error) {
    throwIfAborted(signal);
    throw error;
  }
}
