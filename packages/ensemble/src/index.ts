export { EMA, type EMAOptions } from './averaging/ema.ts';
export { type GreedySoup, type GreedySoupOptions, greedySoup } from './averaging/greedy-soup.ts';
export { type SoupOptions, soup } from './averaging/soup.ts';
export { SWA, type SWAOptions } from './averaging/swa.ts';
export { updateBatchNorm } from './averaging/update-batch-norm.ts';
export { type CollectedOutputs, Ensemble, type EnsembleOptions } from './ensemble/ensemble.ts';
export { FusedFeatures, type FusedFeaturesOptions } from './ensemble/fused-features.ts';
export type { EnsembleMember, HeadMember, Net, NetMember } from './ensemble/member.ts';
export { type ConcatenatedFeatures, concatFeatures, type Features } from './features/concat-features.ts';
export { FeatureEnsemble, type FeatureEnsembleOptions } from './features/feature-ensemble.ts';
export { fitTemperature } from './fit/fit-temperature.ts';
export { type FittedWeights, type FitWeightsOptions, fitWeights } from './fit/fit-weights.ts';
export { type SelectWeightsOptions, selectWeights } from './fit/select-weights.ts';
export { type OutOfFoldOptions, outOfFold } from './stacking/out-of-fold.ts';
export { type StackOptions, stack } from './stacking/stack.ts';
export { StackedClassifier, type StackedClassifierOptions } from './stacking/stacked-classifier.ts';
export {
  TestTimeAugmentation,
  type TestTimeAugmentationOptions,
} from './views/test-time-augmentation.ts';
export { fiveCrop, horizontalFlip, identity, scaled, tenCrop, type View } from './views/view.ts';
export type { Combination } from './vote/combine.ts';
export { averageLogits, hardVote, softVote, type VoteOptions } from './vote/vote.ts';
