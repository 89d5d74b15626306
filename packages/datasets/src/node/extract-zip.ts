import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { isZooError, shorten, ZooError } from '@zoo/core';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { checkCount, checkZip, isFolder, type ZipLimits } from './check-zip.ts';

export interface ExtractOptions extends ZipLimits {
  /** Which files to take, by their path in the archive; all unless given. */
  accept?: (name: string) => boolean;
  signal?: AbortSignal | undefined;
}

/** What came out of an archive. */
export interface Extracted {
  files: number;
  bytes: number;
  /** Paths of the files that were not taken. */
  skipped: string[];
}

/** Passes bytes on and tells at the end whether they are the entry's. */
function checksum(entry: Entry, archive: string): Transform {
  let crc = 0;
  return new Transform({
    transform(piece: Buffer, _, done) {
      crc = crc32(piece, crc);
      done(null, piece);
    },
    flush(done) {
      const wrong = crc !== entry.crc32;
      done(
        wrong ? new ZooError('CORRUPT_FILE', `${archive}: '${shorten(entry.fileName)}' is damaged (CRC-32).`) : null,
      );
    },
  });
}

async function readEntries(zip: ZipFile): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of zip.eachEntry()) entries.push(entry);
  return entries;
}

const message = (error: unknown): string => (error as Error).message;

async function open(path: string): Promise<ZipFile> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw new ZooError('FILE_NOT_FOUND', `There is no file ${path}.`);
  try {
    return await openPromise(path, { autoClose: false, strictFileNames: false });
  } catch (cause) {
    const text = `${path} is no zip archive, or is cut short: ${message(cause).replace(/\.$/, '')}. Fetch it again.`;
    throw new ZooError('CORRUPT_FILE', text, { cause });
  }
}

async function extractInto(zip: ZipFile, folder: string, path: string, options: ExtractOptions): Promise<Extracted> {
  const { accept = () => true, signal } = options;
  const archive = { path, size: zip.fileSize };
  checkCount(zip.entryCount, archive, options);
  const entries = await readEntries(zip);
  checkZip(entries, archive, options);
  const result: Extracted = { files: 0, bytes: 0, skipped: [] };
  for (const entry of entries) {
    signal?.throwIfAborted();
    const target = join(folder, entry.fileName);
    if (isFolder(entry)) await mkdir(target, { recursive: true });
    else if (!accept(entry.fileName)) result.skipped.push(entry.fileName);
    else {
      await mkdir(dirname(target), { recursive: true });
      const source = await zip.openReadStreamPromise(entry);
      await pipeline(source, checksum(entry, path), createWriteStream(target, { flags: 'wx' }), {
        ...(signal && { signal }),
      });
      result.files++;
      result.bytes += entry.uncompressedSize;
    }
  }
  return result;
}

/**
 * Extracts a zip archive into the new folder `dir`, which appears by one rename once everything is there and checked; after
 * an error there is nothing. Every entry is examined first, see `checkZip`. Throws `FILE_NOT_FOUND`, `CORRUPT_FILE`,
 * `NOT_SUPPORTED`, `WRITE_FAILED`, or `INTERRUPTED` when `signal` aborts, naming the archive.
 */
export async function extractZip(path: string, dir: string, options: ExtractOptions = {}): Promise<Extracted> {
  const zip = await open(path);
  const temporary = join(dirname(dir), `.${basename(dir)}.${process.pid}.${Math.random().toString(36).slice(2)}.tmp`);
  try {
    await mkdir(temporary, { recursive: true });
    const result = await extractInto(zip, temporary, path, options);
    await rename(temporary, dir);
    return result;
  } catch (cause) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    if (isZooError(cause)) throw cause;
    if (options.signal?.aborted) throw new ZooError('INTERRUPTED', `Extracting ${path} was stopped.`, { cause });
    const { code, syscall } = cause as NodeJS.ErrnoException;
    if (syscall === 'rename' && (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR')) {
      throw new ZooError('WRITE_FAILED', `${dir} exists already: name a new folder, or delete it first.`, { cause });
    }
    if (code?.startsWith('E') && syscall) {
      throw new ZooError('WRITE_FAILED', `Could not extract ${path} to ${dir}: ${message(cause)}.`, { cause });
    }
    throw new ZooError('CORRUPT_FILE', `${path} is refused: ${shorten(message(cause), 300)}.`, { cause });
  } finally {
    zip.close();
  }
}
