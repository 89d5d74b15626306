export { type ModelRecord, modelMetadata, readModelMetadata } from './metadata.ts';
export { parseSafetensors, type Safetensors } from './parse.ts';
export { serializeSafetensors } from './serialize.ts';
