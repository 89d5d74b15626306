import { ZooError } from '@zoo/core';
import { isLegacy, readLegacyCheckpoint } from './legacy-checkpoint.ts';
import { stateDictOf, type TorchCheckpoint } from './state-dict-of.ts';
import { isZip } from './zip.ts';
import { readZipCheckpoint } from './zip-checkpoint.ts';

/** Whether these first bytes are those of a file written by `torch.save`. */
export const isTorchFile = (bytes: Uint8Array): boolean => isZip(bytes) || isLegacy(bytes);

/**
 * Reads what `torch.save` wrote, zip or legacy format, a state dict or a checkpoint with one in it. The pickle inside can
 * build tensors, dicts, lists, tuples, numbers and text; any other global is refused by name, and no code runs. Tensors are
 * views of `bytes` where alignment and strides allow, so leave `bytes` alone. `name` stands for the file in errors.
 * Throws ZooError: `CORRUPT_FILE`, or `NOT_SUPPORTED` for other objects and types.
 */
export function parseTorch(bytes: Uint8Array, { name = 'checkpoint' }: { name?: string } = {}): TorchCheckpoint {
  if (isZip(bytes)) return stateDictOf(readZipCheckpoint(bytes, name), name);
  if (isLegacy(bytes)) return stateDictOf(readLegacyCheckpoint(bytes, name), name);
  const hint = 'It is neither an archive nor the legacy format; if it is a web page, the download failed.';
  throw new ZooError('CORRUPT_FILE', `${name}: not a file of torch.save. ${hint}`);
}
