import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type HostTensor, isZooError, type StateDict, ZooError } from '@zoo/core';
import { writeFileAtomic } from '@zoo/core/node';
import { serializeSafetensors } from '@zoo/weights';
import { readSafetensors } from '@zoo/weights/node';
import type { RowBuffer } from '../features/row-buffer.ts';
import type { Manifest, ShardEntry } from './manifest.ts';

const features = (tap: string): string => `features.${tap}`;

/** Writes a shard whole; it counts once the manifest names it. */
export async function writeShard(
  dir: string,
  { source, shards }: Manifest,
  { buffer, examples }: { buffer: RowBuffer; examples: number },
): Promise<ShardEntry> {
  const start = shards.reduce((sum, shard) => sum + shard.examples, 0);
  const file = `shard-${String(shards.length).padStart(5, '0')}.safetensors`;
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
  tensors.set('examples', { dtype: 'int32', shape: [rows], data: Int32Array.from(contents.examples) });
  const bytes = serializeSafetensors(tensors);
  await writeFileAtomic(join(dir, file), [bytes]);
  return { file, start, examples, rows, sha256: createHash('sha256').update(bytes).digest('hex') };
}

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

/** A shard in memory. */
export interface Shard {
  /** `[rows * width]`, by tap. */
  features: ReadonlyMap<string, Float32Array>;
  targets: Int32Array | Float32Array;
  targetShape: readonly number[];
  examples: Int32Array;
}

/** Reads a shard and checks that it has what the manifest promises. Throws `FILE_NOT_FOUND` or `CORRUPT_FILE`. */
export const readShard = (dir: string, manifest: Manifest, entry: ShardEntry): Promise<Shard> =>
  readingShard(() => readWhole(dir, manifest, entry));

async function readWhole(dir: string, { source, widths }: Manifest, entry: ShardEntry): Promise<Shard> {
  const path = join(dir, entry.file);
  const { tensors } = await readSafetensors(path);
  const get = (name: string, dtypes: string): HostTensor => {
    const tensor = tensors.get(name);
    if (tensor && dtypes.includes(tensor.dtype) && tensor.shape[0] === entry.rows) return tensor;
    throw new ZooError(
      'CORRUPT_FILE',
      `${path} does not hold the ${entry.rows} rows of '${name}' that its manifest promises.`,
    );
  };
  const rows = new Map(
    source.taps.map((tap, i) => {
      const { shape, data } = get(features(tap), 'float32');
      if (shape[1] === widths[i]) return [tap, data as Float32Array];
      throw new ZooError('CORRUPT_FILE', `${path}: '${tap}' has ${shape[1]} numbers per row, not ${widths[i]}.`);
    }),
  );
  const targets = get('targets', 'int32 float32');
  return {
    features: rows,
    targets: targets.data as Int32Array | Float32Array,
    targetShape: targets.shape.slice(1),
    examples: get('examples', 'int32').data as Int32Array,
  };
}
