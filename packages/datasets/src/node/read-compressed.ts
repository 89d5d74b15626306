import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { ZooError } from '@zoo/core';
import { expandedLimit } from '../expansion.ts';
import { isGzip } from '../gunzip.ts';

const inflate = promisify(gunzip);

const maxBytes = 2 ** 31 - 1;

// A Buffer's slice() and JSON differ from those of the Uint8Array that it stands for.
const plain = ({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** A file's content, decompressed when it is gzip. Twice as fast in Node as the web's decoder. */
export async function readCompressed(path: string): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new ZooError('FILE_NOT_FOUND', `Could not read ${path}: ${(cause as Error).message}.`, { cause });
  }
  if (!isGzip(bytes)) return plain(bytes);
  const limit = Math.min(maxBytes, expandedLimit(bytes.length));
  try {
    return plain(await inflate(bytes, { maxOutputLength: limit }));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      const message = `${path} is refused: it expands to more than ${limit} bytes, as a zip bomb does.`;
      throw new ZooError('CORRUPT_FILE', message, { cause });
    }
    const message = `${path}: the gzip file is damaged or cut short (${(cause as Error).message}). Fetch it again.`;
    throw new ZooError('CORRUPT_FILE', message, { cause });
  }
}
