// What worker threads need to rebuild and run a pipeline; loads no tfjs-core, unlike the main entry.
export { fromDescription } from './description.ts';
export { type AnyImage, type Image, isFloatImage } from './image.ts';
export { applyJoint, type Transform, type TransformDescription, transformInto } from './transform.ts';
