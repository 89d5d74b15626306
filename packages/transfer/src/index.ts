export {
  type ExtractFeaturesOptions,
  type ExtractionProgress,
  extractFeatures,
} from './features/extract.ts';
export type { FeatureSet } from './features/feature-set.ts';
export type { FeaturePool } from './features/pool.ts';
export { type FreezeOptions, freeze, unfreeze } from './freeze.ts';
export { type LinearHeadOptions, linearHead, type MlpHeadOptions, mlpHead } from './heads/heads.ts';
export { type TrainHeadOptions, trainHead } from './heads/train-head.ts';
export { createFeatureExtractor, FeatureExtractor } from './taps/feature-extractor.ts';
export { LayerActivations } from './taps/layer-activations.ts';
export type { ModuleName, TapName } from './taps/tap-name.ts';
