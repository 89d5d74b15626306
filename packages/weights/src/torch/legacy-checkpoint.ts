import { ZooError } from '@zoo/core';
import { ByteCursor } from './byte-cursor.ts';
import { CheckpointReader } from './checkpoint-reader.ts';
import { CopyBudget, storageBytes } from './tensor-view.ts';
import { showPickled } from './unpickle.ts';
import type { RawCheckpoint } from './zip-checkpoint.ts';

/** `pickle.dumps(0x1950a86a20f9469cfc6c, protocol=2)`, the first bytes of the format. */
const magic = Uint8Array.of(0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e);

export const isLegacy = (bytes: Uint8Array): boolean => magic.every((byte, i) => bytes[i] === byte);

/**
 * The format of `torch.save` before PyTorch 1.6: pickles of a magic number, a version, the machine's properties, the
 * object and the storages' names, then each storage as its length and its raw values.
 */
export function readLegacyCheckpoint(bytes: Uint8Array, file: string): RawCheckpoint {
  const reader = new CheckpointReader(file);
  const cursor = new ByteCursor(bytes, file, magic.length);
  const version = reader.unpickle(cursor);
  if (version !== 1001)
    throw new ZooError('NOT_SUPPORTED', `${file}: version ${showPickled(version)} of the legacy format.`);
  const system = reader.unpickle(cursor);
  if (system instanceof Map && system.get('little_endian') === false) {
    throw new ZooError(
      'NOT_SUPPORTED',
      `${file} comes from a big-endian machine. Load and save it again with PyTorch.`,
    );
  }
  const root = reader.unpickle(cursor);
  const keys = reader.unpickle(cursor);
  if (!Array.isArray(keys)) throw cursor.fail('the names of the storages are not a list.');
  for (const key of keys) {
    const storage = reader.storages.get(key);
    const length = cursor.u64();
    if (!storage || storage.length !== length || storage.bytes) {
      throw cursor.fail(`storage '${showPickled(key)}' of ${length} elements is not one that the object needs.`);
    }
    storage.bytes = cursor.take(storageBytes(storage));
  }
  if (cursor.position !== bytes.length) throw cursor.fail(`${bytes.length - cursor.position} unused bytes follow.`);
  reader.bindTensors(new CopyBudget(bytes.length));
  return { root, isTensor: (value) => reader.isTensor(value) };
}
