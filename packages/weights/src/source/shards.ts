import { type HostTensor, shorten, ZooError } from '@zoo/core';
import { noTensor, type TensorInfo, type WeightFile } from './weight-file.ts';

export const isShardIndex = (name: string): boolean => name.endsWith('.safetensors.index.json');

/** File names by tensor name of a parsed `*.safetensors.index.json`; every file lies beside the index. */
export function readShardIndex(index: unknown, name: string): Map<string, string> {
  const fail = (message: string): ZooError => new ZooError('CORRUPT_FILE', `${name}: ${message}`);
  const map =
    typeof index === 'object' && index !== null ? (index as Record<string, unknown>)['weight_map'] : undefined;
  if (typeof map !== 'object' || map === null || Array.isArray(map)) throw fail(`the index has no 'weight_map'.`);
  const files = new Map<string, string>();
  for (const [key, file] of Object.entries(map)) {
    if (typeof file !== 'string' || !/^[\w.-]+\.safetensors$/.test(file)) {
      const shown = shorten(JSON.stringify(file));
      throw fail(`tensor '${shorten(key)}' is in ${shown}, which is not a safetensors file beside the index.`);
    }
    files.set(key, file);
  }
  if (files.size === 0) throw fail('the index lists no tensors.');
  return files;
}

/** The shards of an index as one file. `open` opens one by its name; opened ones are closed on failure. */
export async function openShards(
  name: string,
  files: ReadonlyMap<string, string>,
  open: (file: string) => Promise<WeightFile>,
): Promise<WeightFile> {
  const shards = new Map<string, WeightFile>();
  const close = async (): Promise<void> => {
    for (const shard of shards.values()) await shard.close();
  };
  try {
    for (const file of new Set(files.values())) shards.set(file, await open(file));
    const tensors = new Map<string, TensorInfo>();
    for (const [key, file] of files) {
      const info = shards.get(file)!.tensors.get(key);
      if (!info) throw new ZooError('CORRUPT_FILE', `${name}: tensor '${shorten(key)}' is not in ${shorten(file)}.`);
      tensors.set(key, info);
    }
    const read = async (key: string): Promise<HostTensor> => {
      const file = files.get(key);
      if (file === undefined) throw noTensor(name, key);
      return shards.get(file)!.read(key);
    };
    const [first] = shards.values();
    return { name, tensors, metadata: first!.metadata, notices: [], read, close };
  } catch (error) {
    await close();
    throw error;
  }
}
