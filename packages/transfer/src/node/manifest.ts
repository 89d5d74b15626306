import { join } from 'node:path';
import { isZooError, jsonShape, shown, ZooError } from '@zoo/core';
import { readJson, writeFileAtomic } from '@zoo/core/node';
import type { DatasetDescription } from '@zoo/datasets';
import { type FeaturePool, poolNames } from '../features/pool.ts';

export const manifestName = 'manifest.json';
const format = 'zoo-features';
const version = 2;

/** One file of features: those of the examples `[start, start + examples)` of the data set. */
export interface ShardEntry {
  file: string;
  start: number;
  examples: number;
  /** Examples that could be read. */
  rows: number;
  /** SHA-256 of the file. */
  sha256: string;
  /** SHA-256 of its targets and example numbers, which are read without the features. */
  rowsSha256: string;
}

/** The name of a store's shard by its number. */
export const shardFile = (number: number): string => `shard-${String(number).padStart(5, '0')}.safetensors`;

/** How much of files is hashed: their size and 4 KB each from begin, middle and end, or all. */
export type FileHash = 'samples' | 'whole';

export const fileHashes: readonly FileHash[] = ['samples', 'whole'];

/** What the features are of. A store goes on only with what has the same. */
export interface FeatureSource {
  /** Class of the net, for people. */
  net: string;
  /** SHA-256 of the net's state dict: names, shapes and values. */
  weights: string;
  /** What the data set says of its transforms, and their hash. */
  transforms: { description: unknown; sha256: string };
  /** What the data set says of everything else, and the hash of that, of its labels and of its files. */
  data: { description: DatasetDescription; files: FileHash; sha256: string };
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

const advice = 'Extract the features anew with overwrite: true.';

const { anything, flag, list, object, oneOf, orNull, text, whole } = jsonShape;
const sha256 = jsonShape.matching(/^[0-9a-f]{64}$/, 'a SHA-256 in hex');
const shape = object({
  source: object({
    net: text,
    weights: sha256,
    transforms: object({ description: anything, sha256 }),
    data: object({ description: object({ name: text }), files: oneOf(...fileHashes), sha256 }),
    taps: list(text),
    pool: oneOf(...poolNames),
    dtype: oneOf('float32'),
  }),
  widths: list(whole(1)),
  classNames: orNull(list(text)),
  hasLabels: flag,
  examples: whole(1),
  shardRows: whole(1),
  shards: list(object({ file: text, start: whole(0), examples: whole(1), rows: whole(0), sha256, rowsSha256: sha256 })),
});

/** What entries that are right each by itself say against each other. */
function contradiction({ source, widths, examples, shardRows, shards }: Manifest): string | undefined {
  const { taps } = source;
  if (taps.length === 0) return 'it names no taps';
  if (new Set(taps).size < taps.length) return 'it names a tap twice';
  if (widths.length !== taps.length) return `it has ${widths.length} widths for ${taps.length} taps`;
  let next = 0;
  for (const [i, shard] of shards.entries()) {
    const wanted = { file: shardFile(i), start: next, examples: Math.min(shardRows, examples - next) };
    for (const key of ['file', 'start', 'examples'] as const) {
      if (shard[key] !== wanted[key]) return `'${key}' of shard ${i} is ${shard[key]}, not ${wanted[key]}`;
    }
    if (shard.rows > shard.examples) return `shard ${i} has ${shard.rows} rows of ${shard.examples} examples`;
    next += shard.examples;
  }
  return undefined;
}

export const corruptManifest = (dir: string, what: string): ZooError =>
  new ZooError('CORRUPT_FILE', `${join(dir, manifestName)}: ${what}. ${advice}`);

/** The manifest of a folder, or undefined where there is none. Throws `CORRUPT_FILE` or `NOT_SUPPORTED`. */
export async function readManifest(dir: string): Promise<Manifest | undefined> {
  const path = join(dir, manifestName);
  let value: unknown;
  try {
    value = await readJson(path, { hint: advice });
  } catch (error) {
    const reason = isZooError(error) && error.cause ? (error.cause as NodeJS.ErrnoException).code : undefined;
    if (reason === 'ENOENT' || reason === 'ENOTDIR') return undefined;
    throw error;
  }
  const header = (value ?? {}) as Partial<Record<'format' | 'version', unknown>>;
  if (header.format !== format) throw corruptManifest(dir, 'it does not describe stored features');
  if (header.version !== version) {
    const message = `${path} has version ${shown(header.version)}; this release reads version ${version}.`;
    throw new ZooError('NOT_SUPPORTED', `${message} ${advice}`);
  }
  const wrong = shape(value, '') ?? contradiction(value as Manifest);
  if (wrong) throw corruptManifest(dir, wrong);
  return value as Manifest;
}

/** Replaces the manifest of a folder: whatever happens, the former or the new one is there. */
export const writeManifest = (dir: string, manifest: Manifest): Promise<void> =>
  writeFileAtomic(join(dir, manifestName), [Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`)]);
