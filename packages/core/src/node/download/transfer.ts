import { createHash, type Hash } from 'node:crypto';
import { refuseLength, refuseSize, refuseStart, startLength } from '../../download/content.ts';
import { brokeOff, Failure, refusedStatus } from '../../download/failures.ts';
import { SpeedWatch } from '../../download/speed.ts';
import { announcedSize, continuesPart, type FileVersion, validatorOf, versionOf } from '../../download/version.ts';
import { fetchFollowing } from './follow.ts';
import { type DownloadedFile, type DownloadOptions, expectedHash, followOptions, limitsOf, nameOf } from './options.ts';
import { type Part, removePart } from './part.ts';
import type { Network } from './scoped-request.ts';

/** One address that a part is filled from. */
export interface Transfer {
  url: string;
  part: Part;
  options: DownloadOptions;
  network: Network;
}

interface Begun {
  offset: number;
  version: FileVersion;
  /** Of the bytes before `offset`. */
  hash: Hash;
}

const fromZero = (): Begun => ({ offset: 0, version: {}, hash: createHash('sha256') });

/** How much of the part can be kept; nothing where its bytes could be of another version. */
async function begun({ url, part, options }: Transfer): Promise<Begun> {
  const { bytes, hashed } = limitsOf(options);
  const version = await part.version(url);
  const size = await part.size();
  const keep = size >= startLength && size <= (bytes ?? Number.POSITIVE_INFINITY) && (hashed || validatorOf(version));
  return keep ? { offset: size, version, hash: await part.hashOfStart(size) } : fromZero();
}

/** The answer, `complete` when the part is the whole file, or `other` when the server has another one than that begun. */
async function request(
  { url, options, network }: Transfer,
  { offset, version }: Begun,
  signal: AbortSignal,
): Promise<Response | 'complete' | 'other'> {
  const { hashed, bytes } = limitsOf(options);
  const validator = validatorOf(version);
  const range = offset > 0 && { range: `bytes=${offset}-`, ...(validator && { 'if-range': validator }) };
  const headers = { ...options.headers, 'accept-encoding': 'identity', ...range };
  const response = await fetchFollowing(url, { ...followOptions(options), headers, signal }, network);
  const { status } = response;
  if (status === 200 || (status === 206 && offset > 0 && continuesPart(response, offset, version, hashed))) {
    return response;
  }
  await response.body?.cancel();
  const whole = response.headers.get('content-range') === `bytes */${offset}`;
  if (status === 416 && hashed && bytes === undefined && whole) return 'complete';
  if (offset > 0 && (status === 206 || status === 416)) return 'other';
  throw refusedStatus(url, response);
}

/** What comes cannot be the file, and no other attempt at this address would help. */
async function refuse({ url, options }: Transfer, why: string): Promise<never> {
  await removePart(options.path);
  const message = `${nameOf(options)} from ${url} ${why}. Nothing was kept of it.`;
  throw new Failure('next', 'DOWNLOAD_FAILED', message);
}

/** Writes the answer's body into the part from byte `offset`; the number of bytes that the part has then. */
async function receive(
  transfer: Transfer,
  response: Response,
  { offset, hash, watch }: Omit<Begun, 'version'> & { watch: SpeedWatch },
): Promise<number> {
  const { url, part, options } = transfer;
  const limits = limitsOf(options);
  const announced = announcedSize(response);
  const total = options.bytes ?? announced;
  const file = nameOf(options);
  let loaded = offset;
  let start = new Uint8Array(0);
  const checkStart = async (): Promise<void> => {
    const why = (offset === 0 && refuseStart(response, start, total, limits)) || refuseSize(announced, limits);
    if (why) await refuse(transfer, why);
  };
  const reader = response.body!.getReader();
  try {
    if (offset > 0) await checkStart();
    while (loaded <= (total ?? Number.POSITIVE_INFINITY)) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw brokeOff(url, loaded, total, cause);
      });
      if (done) break;
      watch.add(value.length);
      if (offset === 0 && start.length < startLength) {
        start = Buffer.concat([start, value.subarray(0, startLength - start.length)]);
        if (start.length === startLength) await checkStart();
      }
      const tooLong = total === undefined && refuseLength(loaded + value.length, limits);
      if (tooLong) await refuse(transfer, tooLong);
      await part.write(value, loaded);
      hash.update(value);
      loaded += value.length;
      options.onProgress?.({ file, loaded: Math.min(loaded, total ?? loaded), total });
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
  if (loaded < (total ?? 0)) throw brokeOff(url, loaded, total);
  if (offset === 0 && start.length < startLength) await checkStart();
  return loaded;
}

/** Whether the finished part is the file asked for. */
async function check({ url, options }: Transfer, file: DownloadedFile, resumed: boolean): Promise<DownloadedFile> {
  const { bytes } = options;
  const expected = expectedHash(options);
  const wrongSize = bytes !== undefined && file.bytes !== bytes;
  if (!wrongSize && file.sha256.startsWith(expected)) return file;
  await removePart(options.path);
  const actual = wrongSize ? (file.bytes > bytes ? `more than ${bytes} bytes` : `${file.bytes} bytes`) : file.sha256;
  const wanted = expected && `, expected ${expected}${options.sha256 ? '' : '...'}`;
  const message = `${nameOf(options)} from ${url} is not the official file: SHA-256 ${actual}${wanted}.`;
  throw new Failure(resumed ? 'retry' : 'next', 'CHECKSUM_MISMATCH', `${message} Nothing was kept of it.`);
}

/** Fetches what the part lacks; begins again where the server has another version by now. */
export async function fillPart(transfer: Transfer): Promise<DownloadedFile> {
  const { url, part, options } = transfer;
  let state = await begun(transfer);
  const resumed = state.offset > 0;
  const watch = new SpeedWatch(url, options.minSpeed);
  const signal = options.signal ? AbortSignal.any([options.signal, watch.signal]) : watch.signal;
  try {
    let answer = resumed && state.offset === options.bytes ? 'complete' : await request(transfer, state, signal);
    if (answer === 'other' || (typeof answer === 'object' && answer.status === 200)) state = fromZero();
    if (answer === 'other') answer = await request(transfer, state, signal);
    let bytes = state.offset;
    if (typeof answer === 'object') {
      if (state.offset === 0) {
        await part.clear();
        await part.note(url, versionOf(answer));
      }
      bytes = await receive(transfer, answer, { ...state, watch });
    }
    return await check(transfer, { bytes, sha256: state.hash.digest('hex') }, resumed);
  } catch (error) {
    throw watch.signal.aborted ? watch.signal.reason : error;
  } finally {
    watch.stop();
  }
}
