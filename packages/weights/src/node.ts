export { writeFileAtomic } from '@zoo/core/node';
export { readSafetensors, readSafetensorsHeader, type SafetensorsSummary, type TensorInfo } from './node/read.ts';
export { saveSafetensors } from './node/save.ts';
export { sha256File } from './node/sha256.ts';
