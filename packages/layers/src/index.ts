export { adaptiveAvgPool2d, adaptiveMaxPool2d, globalAvgPool, globalMaxPool } from './functional/adaptive-pool2d.ts';
export {
  type BatchNormOptions,
  type BatchNormTrainingOptions,
  batchNormInference,
  batchNormTraining,
  type RunningStatistics,
} from './functional/batch-norm.ts';
export { type ConvTranspose2dFunctionOptions, convTranspose2d } from './functional/conv-transpose2d.ts';
export { type Conv2dFunctionOptions, conv2d } from './functional/conv2d.ts';
export { dropout } from './functional/dropout.ts';
export { embedding } from './functional/embedding.ts';
export { flatten } from './functional/flatten.ts';
export { type InterpolateOptions, interpolateBilinear } from './functional/interpolate.ts';
export { linear } from './functional/linear.ts';
export { type LocalResponseNormOptions, localResponseNorm } from './functional/local-response-norm.ts';
export type { MaxPool2dOptions } from './functional/pool-window.ts';
export { type AvgPool2dOptions, avgPool2d, maxPool2d } from './functional/pool2d.ts';
export type { Spatial } from './functional/spatial.ts';
export * as init from './init/index.ts';
export { Identity, ReLU, Sigmoid, Softmax, Tanh } from './layers/activations.ts';
export { AdaptiveAvgPool2d, AdaptiveMaxPool2d, GlobalAvgPool, GlobalMaxPool } from './layers/adaptive-pool2d.ts';
export type { AffineOptions } from './layers/affine.ts';
export { BatchNorm1d, BatchNorm2d, type BatchNormLayerOptions } from './layers/batch-norm.ts';
export { ConvTranspose2d, type ConvTranspose2dOptions } from './layers/conv-transpose2d.ts';
export { Conv2d, type Conv2dOptions } from './layers/conv2d.ts';
export { Dropout } from './layers/dropout.ts';
export { Embedding, type EmbeddingOptions } from './layers/embedding.ts';
export { Flatten } from './layers/flatten.ts';
export { Linear, type LinearOptions } from './layers/linear.ts';
export { LocalResponseNorm } from './layers/local-response-norm.ts';
export { LSTM, type LstmOptions, type LstmOutput, type LstmState } from './layers/lstm.ts';
export { AvgPool2d, MaxPool2d } from './layers/pool2d.ts';
export { Upsample } from './layers/upsample.ts';
export { classifierLayer } from './models/classifier-layer.ts';
export { PooledClassifier } from './models/pooled-classifier.ts';
export { SequentialClassifier, type SequentialClassifierConfig } from './models/sequential-classifier.ts';
