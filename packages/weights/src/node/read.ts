import { type HostTensor, ZooError } from '@zoo/core';
import { parseHeader, readHeaderLength, type SafetensorsHeader } from '../header.ts';
import { type Safetensors, viewTensors } from '../parse.ts';
import { noTensor, type TensorInfo, type WeightFile } from '../source/weight-file.ts';
import { cannotRead } from './cannot-read.ts';
import { type OpenedFile, openFile, readRange, withFile } from './file-handle.ts';

/** A file's header: its tensors without their data. */
export interface SafetensorsSummary {
  tensors: Map<string, TensorInfo>;
  metadata: Record<string, string>;
}

async function readHeader({ handle, size }: OpenedFile, path: string): Promise<SafetensorsHeader> {
  const length = readHeaderLength(await readRange(handle, 0, Math.min(8, size)), size, path);
  return parseHeader(await readRange(handle, 8, length), size - 8 - length, path);
}

async function readData({ handle }: OpenedFile, position: number, length: number, path: string): Promise<Uint8Array> {
  const data = await readRange(handle, position, length);
  if (data.length === length) return data;
  throw new ZooError('CORRUPT_FILE', `${path}: the file shrank while it was read.`);
}

const summarize = ({ entries, metadata }: SafetensorsHeader): SafetensorsSummary => ({
  tensors: new Map(entries.map(({ name, dtype, shape }) => [name, { dtype, shape }])),
  metadata,
});

/** Names, types, shapes and metadata of a safetensors file; reads the header alone. Errors as `readSafetensors`. */
export function readSafetensorsHeader(path: string): Promise<SafetensorsSummary> {
  return withFile(path, async (file) => summarize(await readHeader(file, path)));
}

/**
 * Reads a safetensors file. The header is checked against the file's size before anything is allocated.
 * Throws `FILE_NOT_FOUND`, `CORRUPT_FILE` or `NOT_SUPPORTED`, naming the file and the tensor.
 */
export function readSafetensors(path: string): Promise<Safetensors> {
  return withFile(path, async (file) => {
    const { entries, metadata, dataStart } = await readHeader(file, path);
    const data = await readData(file, dataStart, file.size - dataStart, path);
    return { tensors: viewTensors(entries, data), metadata };
  });
}

/**
 * Opens a safetensors file and reads its header; each tensor is read from the disk when asked for, so that a net can be
 * loaded with one tensor in memory at a time. Close it after use. Errors as `readSafetensors`.
 */
export function openSafetensors(path: string): Promise<WeightFile> {
  return openFile(path, async (file) => {
    const header = await readHeader(file, path);
    const entries = new Map(header.entries.map((entry) => [entry.name, entry]));
    const read = async (key: string): Promise<HostTensor> => {
      const entry = entries.get(key);
      if (!entry) throw noTensor(path, key);
      const length = entry.end - entry.begin;
      const data = await readData(file, header.dataStart + entry.begin, length, path).catch((error: unknown) => {
        throw error instanceof ZooError ? error : cannotRead(path, error);
      });
      return viewTensors([{ ...entry, begin: 0, end: length }], data).get(key)!;
    };
    return { name: path, ...summarize(header), notices: [], read, close: () => file.handle.close() };
  });
}
