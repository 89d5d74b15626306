import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isZooError, type StateDict, ZooError } from '@zoo/core';
import { readJson } from '@zoo/core/node';
import type { LoadWeightsOptions } from '../source/options.ts';
import { openBytes } from '../source/parse-bytes.ts';
import { parseSource } from '../source/parse-source.ts';
import { isShardIndex, openShards, readShardIndex } from '../source/shards.ts';
import { readAll, type WeightFile } from '../source/weight-file.ts';
import { isTorchFile } from '../torch/parse-torch.ts';
import { readRange, readWhole, withFile } from './file-handle.ts';
import { openHub } from './hub-file.ts';
import { openSafetensors } from './read.ts';
import { fetchUrl, verifyFile } from './url-file.ts';

async function openSharded(path: string, shardPath: (file: string) => Promise<string>): Promise<WeightFile> {
  const index = await readJson(path);
  return openShards(path, readShardIndex(index, path), async (file) => openSafetensors(await shardPath(file)));
}

/** A file by its content: PyTorch's is read whole, since its pickle needs its storages; safetensors tensor by tensor. */
async function openPath(path: string): Promise<WeightFile> {
  const start = await withFile(path, ({ handle }) => readRange(handle, 0, 16));
  return isTorchFile(start) ? openBytes(await readWhole(path), path) : openSafetensors(path);
}

function beside(path: string): (file: string) => Promise<string> {
  return async (file) => join(dirname(path), file);
}

async function openAny(source: string | URL, options: LoadWeightsOptions): Promise<WeightFile> {
  const parsed = parseSource(source);
  if (parsed.kind === 'hub') {
    const repo = openHub(parsed, options);
    const path = await repo.path();
    await verifyFile(path, options);
    if (!isShardIndex(path)) return openPath(path);
    const folder = parsed.file?.includes('/') ? `${dirname(parsed.file)}/` : '';
    return openSharded(path, (file) => repo.path(`${folder}${file}`));
  }
  if (parsed.kind === 'url') {
    const path = await fetchUrl(parsed.url, options);
    if (!isShardIndex(path)) return openPath(path);
    const { sha256: _, hashPrefix: __, ...shardOptions } = options;
    return openSharded(path, (file) => fetchUrl(new URL(file, parsed.url), shardOptions));
  }
  const path = parsed.path.startsWith('file:') ? fileURLToPath(parsed.path) : parsed.path;
  await verifyFile(path, options);
  return isShardIndex(basename(path)) ? openSharded(path, beside(path)) : openPath(path);
}

/**
 * Opens weights wherever they are: a local `.safetensors`, `.pth`, `.pt` or `*.safetensors.index.json`, an `https:`
 * address, or `hf:org/name[@revision][/file]`. What is downloaded is kept: hub files in the Hugging Face cache, others in
 * `~/.cache/zoo/weights`. Safetensors are read tensor by tensor; close the file after use.
 * Throws ZooError: `FILE_NOT_FOUND`, `DOWNLOAD_FAILED`, `CHECKSUM_MISMATCH`, `CORRUPT_FILE`, `NOT_SUPPORTED`,
 * `WRITE_FAILED`, or `INTERRUPTED` when `signal` aborts, which keeps what was downloaded for the next time.
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
  for (const notice of file.notices) options.onNotice?.(`${file.name}: ${notice}`);
  return readAll(file);
}
