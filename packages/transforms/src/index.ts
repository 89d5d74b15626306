export { type CustomBehaviour, type CustomOptions, customTransform } from './custom.ts';
export { type FromDescriptionOptions, fromDescription } from './description.ts';
export { type AnyImage, type FloatImage, type Image, type ImageShape, isFloatImage } from './image.ts';
export { CutMix, type MixOptions, MixUp } from './mix.ts';
export type { Operation } from './operation.ts';
export type { Window } from './pixels/crop.ts';
export type { Interpolation } from './pixels/filters.ts';
export type { Fill, PaddingMode } from './pixels/pad.ts';
export type { WarpInterpolation } from './pixels/warp.ts';
export { presetFor } from './preset.ts';
export { runOperations } from './run-operations.ts';
export {
  applyJoint,
  drawOperations,
  type JointTransform,
  type Labelled,
  type Transform,
  type TransformDescription,
  transformInto,
} from './transform.ts';
export { CenterCrop } from './transforms/center-crop.ts';
export { ColorJitter, type ColorJitterOptions } from './transforms/color-jitter.ts';
export { Compose } from './transforms/compose.ts';
export { RandomHorizontalFlip, RandomVerticalFlip } from './transforms/flip.ts';
export { Grayscale, RandomGrayscale } from './transforms/grayscale.ts';
export { Pad, type Padding } from './transforms/pad.ts';
export { RandAugment, type RandAugmentOptions, TrivialAugmentWide } from './transforms/rand-augment.ts';
export { RandomApply, RandomChoice } from './transforms/random-choice.ts';
export { RandomCrop } from './transforms/random-crop.ts';
export { RandomErasing, type RandomErasingOptions } from './transforms/random-erasing.ts';
export { RandomResizedCrop } from './transforms/random-resized-crop.ts';
export { Resize } from './transforms/resize.ts';
export {
  RandomAffine,
  type RandomAffineOptions,
  RandomRotation,
  type RandomRotationOptions,
} from './transforms/rotation.ts';
export { Normalize, ToTensor } from './transforms/to-tensor.ts';
