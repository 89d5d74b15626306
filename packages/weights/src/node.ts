export { writeFileAtomic } from '@zoo/core/node';
export { loadWeights, openWeights } from './node/load-weights.ts';
export { loadModel, weights } from './node/plugin.ts';
export { openSafetensors, readSafetensors, readSafetensorsHeader, type SafetensorsSummary } from './node/read.ts';
export { saveSafetensors } from './node/save.ts';
export { sha256File } from './node/sha256.ts';
export type { LoadWeightsOptions } from './source/options.ts';
export type { TensorInfo, WeightFile } from './source/weight-file.ts';
