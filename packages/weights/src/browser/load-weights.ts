import { definePlugin, type ModelLoader, parseJson, type StateDict, ZooError } from '@zoo/core';
import { createModelLoader } from '../load/load-model.ts';
import { hubHeaders, hubUrl, listHubFiles, pickHubFile } from '../source/hub-api.ts';
import type { LoadWeightsOptions } from '../source/options.ts';
import { openBytes } from '../source/parse-bytes.ts';
import { fileNameOf, type HubSource, hashPrefixOf, parseSource } from '../source/parse-source.ts';
import { isShardIndex, openShards, readShardIndex } from '../source/shards.ts';
import { readAll, tellNotices, type WeightFile } from '../source/weight-file.ts';
import { cachedFetch } from './cached-fetch.ts';

/** What weights can come from in a browser. */
export type BrowserSource = string | URL | Uint8Array | ArrayBuffer | Blob;

type FetchFile = <T>(
  file: string,
  expected: Pick<LoadWeightsOptions, 'sha256' | 'hashPrefix'>,
  open: (bytes: Uint8Array) => T,
) => Promise<T>;

const fetchOptions = ({ cacheDir = 'zoo-weights', ...options }: LoadWeightsOptions) => ({
  cacheName: cacheDir,
  offline: options.offline,
  fetch: options.fetch,
  signal: options.signal,
  onProgress: options.onProgress,
  onNotice: options.onNotice,
  maxBytes: options.maxBytes,
  allowInsecure: options.allowInsecure,
});

/** Opens a fetched file; the shards of an index are fetched by `fetchFile` from beside it. */
async function openFetched(
  name: string,
  file: string,
  options: LoadWeightsOptions,
  fetchFile: FetchFile,
): Promise<WeightFile> {
  const { sha256, hashPrefix } = options;
  const expected = { ...(sha256 !== undefined && { sha256 }), ...(hashPrefix !== undefined && { hashPrefix }) };
  if (!isShardIndex(file)) return fetchFile(file, expected, (bytes) => openBytes(bytes, name));
  const index = await fetchFile(file, expected, (bytes) => readShardIndex(parseJson(bytes, { name }), name));
  const folder = file.slice(0, file.lastIndexOf('/') + 1);
  return openShards(name, index, (shard) => fetchFile(folder + shard, {}, (bytes) => openBytes(bytes, shard)));
}

async function openHub(source: HubSource, options: LoadWeightsOptions): Promise<WeightFile> {
  const name = `hf:${source.repo}`;
  // Without the hub's listing the cache only has files that are named in full, by commit.
  const listing = options.offline ? undefined : await listHubFiles(source, options);
  const revision = listing?.commit ?? source.revision;
  const file = listing ? pickHubFile(source, [...listing.files.keys()]) : (source.file ?? 'model.safetensors');
  return openFetched(name, file, options, (wanted, expected, open) => {
    const sha256 = expected.sha256 ?? listing?.files.get(wanted)?.sha256;
    const url = hubUrl(source, revision, wanted, options);
    const { hashPrefix } = expected;
    const headers = hubHeaders(options);
    return cachedFetch(url, { ...fetchOptions(options), name: wanted, headers, sha256, hashPrefix }, open);
  });
}

/**
 * Opens weights in a browser: an `https:` address, `hf:org/name[@revision][/file]`, a `Blob` such as a chosen file, or
 * bytes. Downloads are kept by the Cache API (`cacheDir` names the cache) once their hash is right and they open.
 * Throws ZooError: `DOWNLOAD_FAILED`, `CHECKSUM_MISMATCH`, `CORRUPT_FILE`, `NOT_SUPPORTED`, `FILE_NOT_FOUND` when offline,
 * or `INTERRUPTED`.
 */
export async function openWeights(source: BrowserSource, options: LoadWeightsOptions = {}): Promise<WeightFile> {
  if (source instanceof Uint8Array) return openBytes(source, 'bytes');
  if (source instanceof ArrayBuffer) return openBytes(new Uint8Array(source), 'bytes');
  if (source instanceof Blob) {
    return openBytes(new Uint8Array(await source.arrayBuffer()), (source as Partial<File>).name ?? 'blob');
  }
  const base = globalThis.location?.href;
  const relative = typeof source === 'string' && base !== undefined && !/^[a-z][a-z0-9+.-]+:/i.test(source);
  const parsed = parseSource(relative ? new URL(source, base) : source);
  if (parsed.kind === 'hub') return openHub(parsed, options);
  if (parsed.kind === 'path') {
    const message = `A browser cannot open '${parsed.path}': give an address, hf:org/name, a File or bytes.`;
    throw new ZooError('NOT_SUPPORTED', message);
  }
  const { url } = parsed;
  return openFetched(url.href, fileNameOf(url), options, (wanted, expected, open) => {
    const first = wanted === fileNameOf(url);
    const hashPrefix = expected.hashPrefix ?? (first ? hashPrefixOf(wanted) : undefined);
    const address = first ? url.href : new URL(wanted, url).href;
    const { sha256 } = expected;
    return cachedFetch(address, { ...fetchOptions(options), name: wanted, sha256, hashPrefix }, open);
  });
}

/** All tensors of `source`; sources and errors as `openWeights`. */
export async function loadWeights(source: BrowserSource, options: LoadWeightsOptions = {}): Promise<StateDict> {
  const file = await openWeights(source, options);
  tellNotices(file.name, file.notices, options.onNotice);
  return readAll(file);
}

/** As `loadModel` of `@zoo/weights/node`, for browsers. */
export const loadModel: ModelLoader = createModelLoader(openWeights);

/** Gives a registry its `load`. */
export const weights = definePlugin({ name: '@zoo/weights', loadModel });
