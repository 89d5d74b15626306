import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { formatShape, type HostTensor, isZooError, type StateDict, sameShape, shorten, ZooError } from '@zoo/core';
import { writeFileAtomic } from '@zoo/core/node';
import { serializeSafetensors } from '@zoo/weights';
import { openSafetensors, sha256File, type WeightFile } from '@zoo/weights/node';
import type { RowBuffer } from '../features/row-buffer.ts';
import { type Manifest, type ShardEntry, shardFile } from './manifest.ts';

const features = (tap: string): string => `features.${tap}`;

/** Writes a shard whole; it counts once the manifest names it. */
export async function writeShard(
  dir: string,
  { source, shards }: Manifest,
  { buffer, examples }: { buffer: RowBuffer; examples: number },
): Promise<ShardEntry> {
  const start = shards.reduce((sum, shard) => sum + shard.examples, 0);
  const file = shardFile(shards.length);
  const { rows, widths, targetShape } = buffer;
  const contents = buffer.contents();
  const tensors: StateDict = new Map();
  source.taps.forEach((tap, i) => {
    tensors.set(features(tap), { dtype: 'float32', shape: [rows, widths[i]!], data: contents.features[i]! });
  });
  const targets = { shape: [rows, ...targetShape], data: contents.targets };
  tensors.set('targets', {
    dtype: contents.targets instanceof Int32Array ? 'int32' : 'float32',
    ...targets,
  } as HostTensor);
  const numbers = Int32Array.from(contents.examples);
  tensors.set('examples', { dtype: 'int32', shape: [rows], data: numbers });
  const bytes = serializeSafetensors(tensors);
  await writeFileAtomic(join(dir, file), [bytes]);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { file, start, examples, rows, sha256, rowsSha256: hashRows(contents.targets, numbers) };
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

const hashRows = (targets: ArrayBufferView, examples: ArrayBufferView): string =>
  createHash('sha256').update(bytesOf(targets)).update(bytesOf(examples)).digest('hex');

/** What `read` gives of a shard. An error of a file that is missing or damaged says how to get on. */
export async function readingShard<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (!isZooError(cause) || !['FILE_NOT_FOUND', 'CORRUPT_FILE'].includes(cause.code)) throw cause;
    const advice = 'The stored features are damaged: extract them anew with overwrite: true.';
    throw new ZooError(cause.code, `${cause.message} ${advice}`, { cause });
  }
}

/** What a shard says of its examples. */
export interface ShardRows {
  targets: Int32Array | Float32Array;
  /** Shape of one target. */
  targetShape: readonly number[];
  /** Numbers in the data set. */
  examples: Int32Array;
}

const damaged = (path: string, what: string): ZooError => new ZooError('CORRUPT_FILE', `${path}: ${what}.`);

/** Names, shapes and types of a shard's tensors by its header, before any of them is read. */
function checkHeader(path: string, { source, widths }: Manifest, entry: ShardEntry, { tensors }: WeightFile): void {
  const wanted = new Map<string, { dtypes: readonly string[]; width?: number | undefined }>();
  source.taps.forEach((tap, i) => void wanted.set(features(tap), { dtypes: ['float32'], width: widths[i] }));
  wanted.set('targets', { dtypes: ['int32', 'float32'] });
  wanted.set('examples', { dtypes: ['int32'] });
  if (tensors.size !== wanted.size) {
    throw damaged(path, `it has ${tensors.size} tensors, not the ${wanted.size} that its manifest promises`);
  }
  for (const [name, { dtypes, width }] of wanted) {
    const found = tensors.get(name);
    const rest = name === 'targets' ? found?.shape.slice(1) : width === undefined ? [] : [width];
    const shape = [entry.rows, ...(rest ?? [])];
    if (found && dtypes.includes(found.dtype) && sameShape(found.shape, shape)) continue;
    const is = found ? `is ${found.dtype} ${formatShape(found.shape)}` : 'is missing';
    throw damaged(path, `'${shorten(name)}' ${is}, its manifest promises ${dtypes[0]} ${formatShape(shape)}`);
  }
}

/** Targets and example numbers of a shard, with their hash compared. Throws `FILE_NOT_FOUND` or `CORRUPT_FILE`. */
export async function readRows(dir: string, manifest: Manifest, entry: ShardEntry): Promise<ShardRows> {
  const path = join(dir, entry.file);
  const file = await openSafetensors(path);
  try {
    checkHeader(path, manifest, entry, file);
    const [targets, numbers] = [await file.read('targets'), await file.read('examples')];
    const examples = numbers.data as Int32Array;
    if (hashRows(targets.data, examples) !== entry.rowsSha256)
      throw damaged(path, 'its targets have changed since it was written');
    const end = entry.start + entry.examples;
    const fits = examples.every(
      (example, i) => example < end && example >= (i === 0 ? entry.start : examples[i - 1]! + 1),
    );
    if (!fits) throw damaged(path, `its examples are not in order between ${entry.start} and ${end}`);
    return { targets: targets.data as Int32Array | Float32Array, targetShape: targets.shape.slice(1), examples };
  } finally {
    await file.close();
  }
}

/** Throws `CORRUPT_FILE` unless a shard's file is as it was written. */
export async function verifyShard(dir: string, { file, sha256 }: ShardEntry): Promise<void> {
  const path = join(dir, file);
  if ((await sha256File(path)) !== sha256) throw damaged(path, 'it has changed since it was written');
}

/** Features of a shard, `[rows * width]`, by tap. Throws `FILE_NOT_FOUND` or `CORRUPT_FILE`. */
export async function readFeatures(
  dir: string,
  manifest: Manifest,
  entry: ShardEntry,
): Promise<Map<string, Float32Array>> {
  const path = join(dir, entry.file);
  const file = await openSafetensors(path);
  try {
    checkHeader(path, manifest, entry, file);
    const rows = new Map<string, Float32Array>();
    for (const tap of manifest.source.taps) rows.set(tap, (await file.read(features(tap))).data as Float32Array);
    return rows;
  } finally {
    await file.close();
  }
}
