import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isZooError, type StateDict, ZooError } from '@zoo/core';
import { type CachedFile, openCached, readJson } from '@zoo/core/node';
import type { LoadWeightsOptions } from '../source/options.ts';
import { openBytes } from '../source/parse-bytes.ts';
import { parseSource } from '../source/parse-source.ts';
import { isShardIndex, openShards, readShardIndex } from '../source/shards.ts';
import { readAll, tellNotices, type WeightFile } from '../source/weight-file.ts';
import { isTorchFile } from '../torch/parse-torch.ts';
import { readRange, readWhole, withFile } from './file-handle.ts';
import { openHub } from './hub-file.ts';
import { openSafetensors } from './read.ts';
import { fetchUrl, verifyFile } from './url-file.ts';

const readIndex = async (path: string): Promise<Map<string, string>> => readShardIndex(await readJson(path), path);

/** A file by its content: PyTorch's is read whole, since its pickle needs its storages; safetensors tensor by tensor. */
async function openPath(path: string): Promise<WeightFile> {
  const start = await withFile(path, ({ handle }) => readRange(handle, 0, 16));
  return isTorchFile(start) ? openBytes(await readWhole(path), path) : openSafetensors(path);
}

/** A file of a cache, or the set of shards that it lists. */
async function openFetched(file: CachedFile, shard: (name: string) => Promise<CachedFile>): Promise<WeightFile> {
  if (!isShardIndex(file.path)) return openCached(file, openPath);
  const index = await openCached(file, readIndex);
  return openShards(file.path, index, async (name) => openCached(await shard(name), openSafetensors));
}

async function openAny(source: string | URL, options: LoadWeightsOptions): Promise<WeightFile> {
  const parsed = parseSource(source);
  if (parsed.kind === 'hub') {
    const repo = openHub(parsed, options);
    const file = await repo.file();
    await verifyFile(file.path, options);
    const folder = parsed.file?.includes('/') ? `${dirname(parsed.file)}/` : '';
    return openFetched(file, (name) => repo.file(`${folder}${name}`));
  }
  if (parsed.kind === 'url') {
    const { sha256: _, hashPrefix: __, ...shardOptions } = options;
    return openFetched(await fetchUrl(parsed.url, options), (name) =>
      fetchUrl(new URL(name, parsed.url), shardOptions),
    );
  }
  const path = parsed.path.startsWith('file:') ? fileURLToPath(parsed.path) : parsed.path;
  await verifyFile(path, options);
  if (!isShardIndex(basename(path))) return openPath(path);
  return openShards(path, await readIndex(path), (name) => openSafetensors(join(dirname(path), name)));
}

/**
 * Opens weights wherever they are: a local `.safetensors`, `.pth`, `.pt` or `*.safetensors.index.json`, an `https:`
 * address, or `hf:org/name[@revision][/file]`. What is downloaded is kept: hub files in the Hugging Face cache, others in
 * `~/.cache/zoo/weights`; what is damaged there is fetched again, once. Safetensors are read tensor by tensor; close the file after use.
 * Throws ZooError: `FILE_NOT_FOUND`, `DOWNLOAD_FAILED`, `CHECKSUM_MISMATCH`, `CORRUPT_FILE`, `NOT_SUPPORTED`,
 * `INVALID_ARGUMENT`, `WRITE_FAILED`, or `INTERRUPTED` when `signal` aborts, which keeps what was downloaded for the next time.
 */
export async function openWeights(source: string | URL, options: LoadWeightsOptions = {}): Promise<WeightFile> {
  try {
    return await openAny(source, options);
  } catch (error) {
    if (!isZooError(error) && options.signal?.aborted) {
      throw new ZooError('INTERRUPTED', `Loading ${source} was stopped.`, { cause: error });
    }
    throw error;
  }
}

/** All tensors of `source` in memory; sources and errors as `openWeights`. */
export async function loadWeights(source: string | URL, options: LoadWeightsOptions = {}): Promise<StateDict> {
  const file = await openWeights(source, options);
  tellNotices(file.name, file.notices, options.onNotice);
  return readAll(file);
}
