import { parseSafetensors } from '../parse.ts';
import { isTorchFile, parseTorch } from '../torch/parse-torch.ts';
import { memoryFile, type WeightFile } from './weight-file.ts';

/** A weight file in memory, PyTorch's or safetensors by its first bytes. */
export function openBytes(bytes: Uint8Array, name: string): WeightFile {
  return memoryFile(name, isTorchFile(bytes) ? parseTorch(bytes, { name }) : parseSafetensors(bytes, { name }));
}
