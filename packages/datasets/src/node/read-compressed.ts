import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { ZooError } from '@zoo/core';
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
  try {
    return plain(await inflate(bytes, { maxOutputLength: maxBytes }));
  } catch (cause) {
    const message = `${path}: the gzip file is damaged or cut short (${(cause as Error).message}). Fetch it again.`;
    throw new ZooError('CORRUPT_FILE', message, { cause });
  }
}
