export { type ModelRecord, modelMetadata, readModelMetadata } from './metadata.ts';
export { parseSafetensors, type Safetensors } from './parse.ts';
export { serializeSafetensors } from './serialize.ts';
export { parseTorch } from './torch/parse-torch.ts';
export type { TorchCheckpoint } from './torch/state-dict-of.ts';
