export { extractFeatures, type StoreFeaturesOptions } from './node/extract.ts';
export { FeatureStore, openFeatureStore } from './node/feature-store.ts';
export type { FeatureSource, Manifest, ShardEntry } from './node/manifest.ts';
