import { basename } from 'node:path';
import type { FileLimits } from '../../download/content.ts';
import type { MinSpeed } from '../../download/speed.ts';
import type { DownloadProgress } from '../../plugin.ts';
import type { FollowOptions } from './follow.ts';

export interface DownloadOptions {
  /** Addresses of the same content, tried in order. */
  urls: readonly string[];
  /** Where the finished file goes; until then it grows as `path.part`. */
  path: string;
  /** Size, where known beforehand. */
  bytes?: number;
  /** In lower-case hex, where known beforehand. */
  sha256?: string;
  /** First digits of the SHA-256, where no more is known. */
  hashPrefix?: string;
  /** Sent with every request; tokens and cookies only to the hosts of `urls`. */
  headers?: Readonly<Record<string, string>>;
  /** Stands in for the requests made here, e.g. one that knows a proxy; redirects are then judged by names alone. */
  fetch?: typeof globalThis.fetch;
  signal?: AbortSignal;
  onProgress?: (progress: DownloadProgress) => void;
  /** File name in progress reports and errors; default the one of `path`. */
  name?: string;
  /** Further attempts per address after a cut connection or a server error. */
  retries?: number;
  /** Wait before the first of them, in milliseconds; doubles each time. */
  retryDelay?: number;
  /** Less than this ends the download. Default 1000 bytes per second over 60 seconds. */
  minSpeed?: MinSpeed;
  /** The most to fetch where `bytes` is not known. Default 20 GB. */
  maxBytes?: number;
  /** Allows plain `http:` to other machines without a hash, where anyone on the way can change the file. */
  allowInsecure?: boolean;
  /**
   * Says why a file that begins so (at most 64 bytes), of `total` bytes where known, cannot be the one. Not asked where a
   * hash decides.
   */
  refuse?: (start: Uint8Array, total: number | undefined) => string | undefined;
}

/** What arrived. */
export interface DownloadedFile {
  bytes: number;
  sha256: string;
}

export const nameOf = ({ name, path }: DownloadOptions): string => name ?? basename(path);

/** The digits that the SHA-256 must begin with; empty where nothing is known of it. */
export const expectedHash = ({ sha256, hashPrefix }: DownloadOptions): string => sha256 ?? hashPrefix ?? '';

export const limitsOf = (options: DownloadOptions): FileLimits => ({
  bytes: options.bytes,
  maxBytes: options.maxBytes ?? 20e9,
  hashed: expectedHash(options) !== '',
  refuse: options.refuse,
});

export const followOptions = (options: DownloadOptions): FollowOptions => ({
  fetch: options.fetch,
  hashed: expectedHash(options) !== '',
  allowInsecure: options.allowInsecure,
});
