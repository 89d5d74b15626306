import type { StateDict } from '@zoo/core';
import { writeFileAtomic } from '@zoo/core/node';
import { layoutSafetensors } from '../serialize.ts';

/**
 * Saves a state dict as a safetensors file that PyTorch reads unchanged. The write is atomic: whatever happens, `path`
 * holds its former content or all of the new one. Throws `WRITE_FAILED` (disk full, no such folder, ...) or
 * `INVALID_ARGUMENT` for a tensor whose shape, type and data disagree.
 */
export async function saveSafetensors(
  path: string,
  tensors: StateDict,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeFileAtomic(path, layoutSafetensors(tensors, metadata));
}
