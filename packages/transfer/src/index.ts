export type { ClassChoice } from './explain/evaluate-with-gradients.ts';
export { type GradCamOptions, gradCam } from './explain/grad-cam.ts';
export { type SaliencyOptions, type SmoothGradOptions, saliency } from './explain/saliency.ts';
export {
  type ExtractFeaturesOptions,
  type ExtractionProgress,
  type ExtractionSettings,
  extractFeatures,
} from './features/extract.ts';
export type { FeatureSet } from './features/feature-set.ts';
export type { FeaturePool } from './features/pool.ts';
export { type GradualUnfreezingOptions, gradualUnfreezing } from './fine-tune/gradual-unfreezing.ts';
export {
  type LearningRateGroup,
  type ParameterGroupsOptions,
  parameterGroups,
} from './fine-tune/parameter-groups.ts';
export { type FreezeOptions, freeze, unfreeze } from './freeze.ts';
export { FusedModel, type FuseOptions, fuse } from './fuse.ts';
export type { Estimator } from './heads/estimator.ts';
export { type LinearHeadOptions, linearHead, type MlpHeadOptions, mlpHead } from './heads/heads.ts';
export { KNearestNeighbors, type KNearestNeighborsOptions, kNearestNeighbors } from './heads/k-nearest-neighbors.ts';
export { type LogisticRegressionOptions, logisticRegression } from './heads/logistic-regression.ts';
export { type TrainHeadOptions, trainHead } from './heads/train-head.ts';
export { replaceHead } from './replace-head.ts';
export { createFeatureExtractor, FeatureExtractor } from './taps/feature-extractor.ts';
export { LayerActivations } from './taps/layer-activations.ts';
export type { ModuleName, TapName } from './taps/tap-name.ts';
