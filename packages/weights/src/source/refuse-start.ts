import { readHeaderLength } from '../header.ts';
import { isTorchFile } from '../torch/parse-torch.ts';
import { isShardIndex } from './shards.ts';

function beginsAsSafetensors(start: Uint8Array, total: number): boolean {
  try {
    readHeaderLength(start, total, '');
    return start[8] === 0x7b;
  } catch {
    return false;
  }
}

/** Why a download that begins so cannot be the weight file of that name; undefined when it may be. */
export function refuseWeights(name: string, start: Uint8Array, total: number | undefined): string | undefined {
  if (isShardIndex(name)) {
    return /^\s*\{/.test(String.fromCharCode(...start)) ? undefined : 'is not an index of weight files';
  }
  if (isTorchFile(start) || beginsAsSafetensors(start, total ?? Number.POSITIVE_INFINITY)) return undefined;
  return 'begins neither as safetensors nor as a file of torch.save';
}
