import type { LoadModelOptions } from '@zoo/core';

/** How to get a weight file. */
export interface LoadWeightsOptions
  extends Pick<LoadModelOptions, 'onNotice' | 'onProgress' | 'signal' | 'offline' | 'cacheDir'> {
  /** SHA-256 in hex that the file must have; of a sharded set, its index. */
  sha256?: string;
  /** First digits of the SHA-256. */
  hashPrefix?: string;
  /** The most to download where the size is not known beforehand. Default 20 GB, in browsers 4 GB. */
  maxBytes?: number;
  /** Allows plain `http:` to other machines without a hash, where anyone on the way can change the file. */
  allowInsecure?: boolean;
  /** Stands in for the platform's `fetch`, e.g. one that knows a proxy. */
  fetch?: typeof globalThis.fetch;
  /** Another hub than https://huggingface.co; default the environment variable HF_ENDPOINT. */
  endpoint?: string;
  /** Token for private repositories; default the environment variable HF_TOKEN. */
  token?: string;
}
