import type { ImageShape } from './image.ts';
import { rotationMatrix } from './pixels/affine-matrix.ts';
import type { Window } from './pixels/crop.ts';
import type { Eraser } from './pixels/erase.ts';
import type { Interpolation } from './pixels/filters.ts';
import type { Fill, PaddingMode } from './pixels/pad.ts';
import type { WarpInterpolation } from './pixels/warp.ts';

/**
 * One step with all its numbers settled, as plain data: what a random transform decided for one image. Steps bear the
 * names and parameters of torchvision's `functional` module.
 */
export type Operation =
  | { op: 'resize'; height: number; width: number; interpolation: Interpolation; window?: Window }
  | ({ op: 'crop' } & Window)
  | { op: 'pad'; left: number; top: number; right: number; bottom: number; fill: Fill; mode: PaddingMode }
  | { op: 'hflip' }
  | { op: 'vflip' }
  | {
      op: 'rotate';
      angle: number;
      expand: boolean;
      center?: readonly [number, number];
      interpolation: WarpInterpolation;
      fill: Fill;
    }
  | {
      op: 'affine';
      angle: number;
      translate: readonly [number, number];
      scale: number;
      shear: readonly [number, number];
      center?: readonly [number, number];
      interpolation: WarpInterpolation;
      fill: Fill;
    }
  | { op: 'brightness' | 'contrast' | 'saturation' | 'hue' | 'sharpness'; factor: number }
  | { op: 'grayscale'; channels: 1 | 3 }
  | { op: 'posterize'; bits: number }
  | { op: 'solarize'; threshold: number }
  | { op: 'autocontrast' | 'equalize' | 'invert' }
  | ({ op: 'erase'; eraser: Eraser } & Window)
  | { op: 'toTensor' }
  | { op: 'normalize'; mean: readonly number[]; std: readonly number[] };

/** Rotations that only move pixels, in quarter turns counter-clockwise; undefined for all others. */
export function quarterTurns(
  { width, height }: ImageShape,
  { angle, expand, center }: { angle: number; expand: boolean; center?: readonly [number, number] },
): 0 | 1 | 2 | 3 | undefined {
  if (center) return undefined;
  const turns = (((angle % 360) + 360) % 360) / 90;
  if (turns === 0 || turns === 2) return turns;
  return (turns === 1 || turns === 3) && (expand || width === height) ? turns : undefined;
}

/** The shape of an image of the given shape after one step. */
export function shapeAfter(shape: ImageShape, step: Operation): ImageShape {
  const { width, height, channels } = shape;
  switch (step.op) {
    case 'resize':
    case 'crop': {
      const to = step.op === 'resize' ? (step.window ?? step) : step;
      return { width: to.width, height: to.height, channels };
    }
    case 'pad':
      return { width: width + step.left + step.right, height: height + step.top + step.bottom, channels };
    case 'rotate': {
      const turns = quarterTurns(shape, step);
      if (turns !== undefined) return turns % 2 === 1 ? { width: height, height: width, channels } : shape;
      const rotated = rotationMatrix({ ...step, ...shape });
      return { width: rotated.width, height: rotated.height, channels };
    }
    case 'grayscale':
      return { width, height, channels: step.channels };
    default:
      return shape;
  }
}
