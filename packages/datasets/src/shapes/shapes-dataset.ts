import { createRng, ZooError } from '@zoo/core';
import { type Normalization, TensorDataset } from '../tensor-dataset.ts';
import { type DrawnShape, drawShape, type ShapeName, shapeNames } from './draw-shape.ts';

export interface ShapesOptions {
  /** Which shapes, or how many of `shapeNames`; 4 unless given. */
  classes?: number | readonly ShapeName[];
  /** Height and width; 64 unless given. */
  size?: number | readonly [number, number];
  seed?: number;
}

/** The classes that the options name. */
export function shapeClasses(classes: number | readonly ShapeName[] = 4): readonly ShapeName[] {
  const names = typeof classes === 'number' ? shapeNames.slice(0, classes) : classes;
  if (
    names.length > 0 &&
    new Set(names).size === names.length &&
    (typeof classes !== 'number' || names.length === classes)
  ) {
    return names;
  }
  const known = `1 to ${shapeNames.length}, or some of ${shapeNames.join(', ')}`;
  throw new ZooError('INVALID_ARGUMENT', `classes of shapes are ${known}; got ${classes}.`);
}

/** Example `index` of a class in a split; it depends on these alone, not on how many there are. */
export function shapeExample(
  options: { shape: ShapeName; size?: number | readonly [number, number]; seed?: number },
  index: number,
): DrawnShape {
  const { shape, size = 64, seed = 0 } = options;
  const stream = (Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(shapeNames.indexOf(shape) + 1, 0x85ebca6b) ^ seed) >>> 0;
  return drawShape({ shape, size, rng: createRng(stream) });
}

export interface ShapesDatasetOptions extends ShapesOptions {
  perClass: number;
  normalize?: Normalization;
}

/**
 * Generated images of shapes in memory, classes alternating; for examples, tests and browsers, where there are no files.
 * Seeds that differ give other images. Throws `INVALID_ARGUMENT` or `UNKNOWN_NAME` for bad options.
 */
export function shapesDataset(options: ShapesDatasetOptions): TensorDataset {
  const { perClass, size = 64, seed = 0, normalize } = options;
  const classes = shapeClasses(options.classes);
  if (!Number.isInteger(perClass) || perClass < 1) {
    throw new ZooError('INVALID_ARGUMENT', `perClass is a whole number from 1, got ${perClass}.`);
  }
  const [height, width] = typeof size === 'number' ? [size, size] : size;
  const n = perClass * classes.length;
  const inputs = new Uint8Array(n * height * width * 3);
  for (let i = 0; i < n; i++) {
    const shape = classes[i % classes.length]!;
    const { image } = shapeExample({ shape, size, seed }, Math.floor(i / classes.length));
    inputs.set(image.data, i * image.data.length);
  }
  return new TensorDataset({
    inputs,
    inputShape: [height, width, 3],
    targets: Int32Array.from({ length: n }, (_, i) => i % classes.length),
    classNames: classes,
    ...(normalize && { normalize }),
    name: `shapes (seed ${seed})`,
  });
}
