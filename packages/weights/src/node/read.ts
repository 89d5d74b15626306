import { type FileHandle, open } from 'node:fs/promises';
import { type HostDType, isZooError, ZooError } from '@zoo/core';
import { parseHeader, readHeaderLength, type SafetensorsHeader } from '../header.ts';
import { type Safetensors, viewTensors } from '../parse.ts';
import { cannotRead } from './cannot-read.ts';

/** What a header says of one tensor. */
export interface TensorInfo {
  readonly dtype: HostDType;
  readonly shape: readonly number[];
}

/** A file's header: its tensors without their data. */
export interface SafetensorsSummary {
  tensors: Map<string, TensorInfo>;
  metadata: Record<string, string>;
}

/** `length` bytes from `position`; shorter only when the file is. Reads in pieces, as one read stops at 2 GiB. */
async function readRange(handle: FileHandle, position: number, length: number): Promise<Uint8Array> {
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

async function withFile<T>(path: string, use: (handle: FileHandle, size: number) => Promise<T>): Promise<T> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const stats = await handle.stat();
    if (!stats.isFile()) throw new ZooError('FILE_NOT_FOUND', `${path} is not a file.`);
    return await use(handle, stats.size);
  } catch (error) {
    throw isZooError(error) ? error : cannotRead(path, error);
  } finally {
    await handle?.close();
  }
}

async function readHeader(handle: FileHandle, size: number, path: string): Promise<SafetensorsHeader> {
  const length = readHeaderLength(await readRange(handle, 0, Math.min(8, size)), size, path);
  return parseHeader(await readRange(handle, 8, length), size - 8 - length, path);
}

/** Names, types, shapes and metadata of a safetensors file; reads the header alone. Errors as `readSafetensors`. */
export function readSafetensorsHeader(path: string): Promise<SafetensorsSummary> {
  return withFile(path, async (handle, size) => {
    const { entries, metadata } = await readHeader(handle, size, path);
    return { tensors: new Map(entries.map(({ name, dtype, shape }) => [name, { dtype, shape }])), metadata };
  });
}

/**
 * Reads a safetensors file. The header is checked against the file's size before anything is allocated.
 * Throws `FILE_NOT_FOUND`, `CORRUPT_FILE` or `NOT_SUPPORTED`, naming the file and the tensor.
 */
export function readSafetensors(path: string): Promise<Safetensors> {
  return withFile(path, async (handle, size) => {
    const { entries, metadata, dataStart } = await readHeader(handle, size, path);
    const data = await readRange(handle, dataStart, size - dataStart);
    if (data.length < size - dataStart)
      throw new ZooError('CORRUPT_FILE', `${path}: the file shrank while it was read.`);
    return { tensors: viewTensors(entries, data), metadata };
  });
}
