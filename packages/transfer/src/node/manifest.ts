import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ZooError } from '@zoo/core';
import { writeFileAtomic } from '@zoo/core/node';
import type { DatasetDescription } from '@zoo/datasets';
import type { FeaturePool } from '../features/pool.ts';

export const manifestName = 'manifest.json';
const format = 'zoo-features';
const version = 1;

/** One file of features: those of the examples `[start, start + examples)` of the data set. */
export interface ShardEntry {
  file: string;
  start: number;
  examples: number;
  /** Examples that could be read. */
  rows: number;
  /** SHA-256 of the file. */
  sha256: string;
}

/** What the features are of. A store goes on only with what has the same. */
export interface FeatureSource {
  /** Class of the net, for people. */
  net: string;
  /** SHA-256 of the net's state dict: names, shapes and values. */
  weights: string;
  /** What the data set says of its transforms, and their hash. */
  transforms: { description: unknown; sha256: string };
  /** What the data set says of everything else, and the hash of that and of its labels. */
  data: { description: DatasetDescription; sha256: string };
  taps: readonly string[];
  pool: FeaturePool;
  dtype: 'float32';
}

/** The content of `manifest.json`. */
export interface Manifest {
  format: typeof format;
  version: typeof version;
  source: FeatureSource;
  /** Numbers per example, in the order of the taps. */
  widths: readonly number[];
  classNames: readonly string[] | null;
  /** Whether int32 targets are classes. */
  hasLabels: boolean;
  /** Examples of the data set. */
  examples: number;
  /** Examples per shard. */
  shardRows: number;
  shards: ShardEntry[];
}

export const newManifest = (parts: Omit<Manifest, 'format' | 'version' | 'shards'>): Manifest => ({
  format,
  version,
  ...parts,
  shards: [],
});

/** Examples that the shards have, those included that could not be read. */
export const examplesDone = ({ shards }: Manifest): number => shards.reduce((sum, shard) => sum + shard.examples, 0);

export const isComplete = (manifest: Manifest): boolean => examplesDone(manifest) === manifest.examples;

const corrupt = (path: string, message: string, cause?: unknown): ZooError =>
  new ZooError('CORRUPT_FILE', `${path}: ${message} Extract the features anew with overwrite: true.`, { cause });

function isManifest(value: unknown): value is Manifest {
  const { source, widths, shards, examples, shardRows } = value as Partial<Manifest>;
  if (typeof source !== 'object' || !Array.isArray(widths) || !Array.isArray(shards)) return false;
  let next = 0;
  for (const shard of shards as ShardEntry[]) {
    if (shard.start !== next || !(shard.examples > 0) || !(shard.rows >= 0)) return false;
    if (!/^shard-\d+\.safetensors$/.test(shard.file)) return false;
    next += shard.examples;
  }
  return Number.isInteger(examples) && Number.isInteger(shardRows) && next <= examples!;
}

/** The manifest of a folder, or undefined where there is none. Throws `CORRUPT_FILE` or `NOT_SUPPORTED`. */
export async function readManifest(dir: string): Promise<Manifest | undefined> {
  const path = join(dir, manifestName);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw corrupt(path, 'it is not JSON.', cause);
  }
  const header = (value ?? {}) as Partial<Record<'format' | 'version', unknown>>;
  if (header.format !== format) throw corrupt(path, 'it does not describe stored features.');
  if (header.version !== version) {
    throw new ZooError(
      'NOT_SUPPORTED',
      `${path} has version ${header.version}; this release reads version ${version}.`,
    );
  }
  if (!isManifest(value)) throw corrupt(path, 'its entries do not fit together.');
  return value;
}

/** Replaces the manifest of a folder: whatever happens, the former or the new one is there. */
export const writeManifest = (dir: string, manifest: Manifest): Promise<void> =>
  writeFileAtomic(join(dir, manifestName), [Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`)]);
