import { type FileHandle, open } from 'node:fs/promises';
import { isZooError, ZooError } from '@zoo/core';
import { cannotRead } from './cannot-read.ts';

/** An opened file and its size. */
export interface OpenedFile {
  handle: FileHandle;
  size: number;
}

/** `length` bytes from `position`; shorter only when the file is. Reads in pieces, as one read stops at 2 GiB. */
export async function readRange(handle: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const wanted = Math.min(length - filled, 1 << 30);
    const { bytesRead } = await handle.read(bytes, filled, wanted, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

/** Runs `use` with the file open; when it fails the file is closed. Throws `FILE_NOT_FOUND` for what cannot be read. */
export async function openFile<T>(path: string, use: (file: OpenedFile) => Promise<T>): Promise<T> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const stats = await handle.stat();
    if (!stats.isFile()) throw new ZooError('FILE_NOT_FOUND', `${path} is not a file.`);
    return await use({ handle, size: stats.size });
  } catch (error) {
    await handle?.close();
    throw isZooError(error) ? error : cannotRead(path, error);
  }
}

/** As `openFile`, and closes the file when `use` is done. */
export const withFile = <T>(path: string, use: (file: OpenedFile) => Promise<T>): Promise<T> =>
  openFile(path, async (file) => {
    const result = await use(file);
    await file.handle.close();
    return result;
  });

/** A whole file in memory. */
export const readWhole = (path: string): Promise<Uint8Array> =>
  withFile(path, ({ handle, size }) => readRange(handle, 0, size));
