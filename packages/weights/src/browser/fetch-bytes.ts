import { type DownloadProgress, ZooError } from '@zoo/core';
import {
  announcedSize,
  brokeOff,
  continuesPart,
  Failure,
  type FileVersion,
  type MinSpeed,
  refusedStatus,
  refuseLength,
  refuseSize,
  refuseStart,
  SpeedWatch,
  startLength,
  unreachable,
  validatorOf,
  versionOf,
} from '@zoo/core/download';
import { refuseWeights } from '../source/refuse-start.ts';

export interface FetchBytesOptions {
  /** Name in progress reports and errors. */
  name: string;
  headers?: Readonly<Record<string, string>>;
  /** Whether a hash decides in the end. */
  hashed: boolean;
  fetch?: typeof globalThis.fetch | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** The most to fetch, since all of it lies in memory. Default 4 GB. */
  maxBytes?: number | undefined;
  /** Less than this ends the download. Default 1000 bytes per second over 60 seconds. */
  minSpeed?: MinSpeed | undefined;
  /** Further attempts after a cut connection, each going on from the bytes that came. */
  retries?: number | undefined;
}

/** What came so far, and of which version of the file. */
interface Part {
  pieces: Uint8Array[];
  loaded: number;
  version: FileVersion;
}

const emptyPart = (version: FileVersion = {}): Part => ({ pieces: [], loaded: 0, version });

function join(pieces: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let position = 0;
  for (const piece of pieces) {
    bytes.set(piece, position);
    position += piece.length;
  }
  return bytes;
}

const startOf = ({ pieces, loaded }: Part): Uint8Array => {
  const start = pieces.length === 1 ? pieces[0]! : join(pieces, loaded);
  return start.subarray(0, startLength);
};

/** Adds an answer's body to the part. Throws a `Failure` for what cannot be the file. */
async function receive(url: string, part: Part, response: Response, options: FetchBytesOptions, watch: SpeedWatch) {
  const { name, hashed, maxBytes = 4e9, onProgress } = options;
  const { total } = part.version;
  const limits = { hashed, maxBytes };
  const refuse = (why: string | undefined): void => {
    if (why) throw new Failure('stop', 'DOWNLOAD_FAILED', `${name} from ${url} ${why}. Nothing was kept of it.`);
  };
  const checkStart = (start: Uint8Array): void => {
    refuse(refuseStart(response, start, total, { ...limits, refuse: (...of) => refuseWeights(name, ...of) }));
    refuse(refuseSize(announcedSize(response), limits));
  };
  let isChecked = part.loaded >= startLength;
  const reader = response.body!.getReader();
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      watch.add(piece.value.length);
      part.pieces.push(piece.value);
      part.loaded += piece.value.length;
      if (!isChecked && part.loaded >= startLength) {
        checkStart(startOf(part));
        isChecked = true;
      }
      refuse(refuseLength(part.loaded, limits));
      onProgress?.({ file: name, loaded: part.loaded, total });
    }
  } catch (cause) {
    throw cause instanceof Failure ? cause : brokeOff(url, part.loaded, total, cause);
  } finally {
    await reader.cancel().catch(() => {});
  }
  if (total !== undefined && part.loaded !== total) throw brokeOff(url, part.loaded, total);
  if (!isChecked) checkStart(startOf(part));
}

/** One request that goes on from the part, or begins it anew where its bytes could be of another version. */
async function attempt(url: string, begun: Part, options: FetchBytesOptions, watch: SpeedWatch): Promise<Part> {
  const { fetch = globalThis.fetch, signal, headers, hashed } = options;
  const validator = begun.loaded > 0 ? validatorOf(begun.version) : undefined;
  const range = validator !== undefined && { range: `bytes=${begun.loaded}-`, 'if-range': validator };
  const response = await fetch(url, {
    headers: { ...headers, ...range },
    signal: signal ? AbortSignal.any([signal, watch.signal]) : watch.signal,
  }).catch((cause: unknown) => {
    throw unreachable(url, cause);
  });
  if (response.status === 206 && range && continuesPart(response, begun.loaded, begun.version, hashed)) {
    await receive(url, begun, response, options, watch);
    return begun;
  }
  if (response.status !== 200) {
    await response.body?.cancel();
    Object.assign(begun, emptyPart()); // what a server cannot go on with is asked for as a whole
    if (range && (response.status === 206 || response.status === 416)) return attempt(url, begun, options, watch);
    throw refusedStatus(url, response);
  }
  Object.assign(begun, emptyPart(versionOf(response)));
  await receive(url, begun, response, options, watch);
  return begun;
}

/**
 * The content of an address, in memory. A cut connection is gone on with if the file is of the same version; what cannot be
 * a weight file, such as a web page, is refused. Throws `DOWNLOAD_FAILED`, or `INTERRUPTED` when `signal` aborts.
 */
export async function fetchBytes(url: string, options: FetchBytesOptions): Promise<Uint8Array<ArrayBuffer>> {
  const { name, signal, minSpeed, retries = 3 } = options;
  const part = emptyPart();
  for (let tried = 0; ; tried++) {
    const watch = new SpeedWatch(url, minSpeed);
    try {
      const { pieces, loaded } = await attempt(url, part, options, watch);
      return join(pieces, loaded);
    } catch (error) {
      if (signal?.aborted) throw new ZooError('INTERRUPTED', `The download of ${name} was stopped.`, { cause: error });
      const failure = watch.signal.aborted ? watch.signal.reason : error;
      if (!(failure instanceof Failure)) throw failure;
      if (failure.remedy !== 'retry' || tried === retries) throw failure.error;
    } finally {
      watch.stop();
    }
  }
}
