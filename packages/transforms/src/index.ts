export type { AnyImage, FloatImage, Image, ImageShape } from './image.ts';
export type { Operation } from './operation.ts';
export type { Window } from './pixels/crop.ts';
export type { Interpolation } from './pixels/filters.ts';
export type { Fill, PaddingMode } from './pixels/pad.ts';
export { presetFor } from './preset.ts';
export { runOperations } from './run-operations.ts';
export {
  applyJoint,
  drawOperations,
  type JointTransform,
  type Labelled,
  type Transform,
  type TransformDescription,
} from './transform.ts';
export { CenterCrop } from './transforms/center-crop.ts';
export { Compose } from './transforms/compose.ts';
export { RandomHorizontalFlip, RandomVerticalFlip } from './transforms/flip.ts';
export { Grayscale, RandomGrayscale } from './transforms/grayscale.ts';
export { Pad, type Padding } from './transforms/pad.ts';
export { RandomCrop } from './transforms/random-crop.ts';
export { RandomResizedCrop } from './transforms/random-resized-crop.ts';
export { Resize } from './transforms/resize.ts';
export { Normalize, ToTensor } from './transforms/to-tensor.ts';
