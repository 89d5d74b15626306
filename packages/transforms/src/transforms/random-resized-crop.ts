import type { Rng } from '@zoo/core/base';
import type { ImageShape } from '../image.ts';
import type { Operation } from '../operation.ts';
import { checkOneOf, checkRange, type Size, sizePair } from '../options.ts';
import type { Window } from '../pixels/crop.ts';
import type { Interpolation } from '../pixels/filters.ts';
import { roundHalfEven } from '../rounding.ts';
import { Steps, type TransformDescription } from '../transform.ts';
import { interpolations } from './resize.ts';

export interface RandomResizedCropOptions {
  /** Part of the image's area; default [0.08, 1]. */
  scale?: readonly [number, number];
  /** Width / height; default [3/4, 4/3]. */
  ratio?: readonly [number, number];
  /** Default `bilinear`. */
  interpolation?: Interpolation;
}

export const between = (rng: Rng, low: number, high: number): number => low + (high - low) * rng.uniform();

/** Height and width of a rectangle of random area and of random (log-uniform) ratio of `width / height`. */
export function randomRectangle(
  area: number,
  { scale, ratio }: { scale: readonly [number, number]; ratio: readonly [number, number] },
  rng: Rng,
): { height: number; width: number } {
  const target = area * between(rng, scale[0], scale[1]);
  const aspect = Math.exp(between(rng, Math.log(ratio[0]), Math.log(ratio[1])));
  return { width: roundHalfEven(Math.sqrt(target * aspect)), height: roundHalfEven(Math.sqrt(target / aspect)) };
}

/** torchvision's `RandomResizedCrop`: a random part of random shape, resized (Szegedy et al. 2014). */
export class RandomResizedCrop extends Steps {
  readonly size: Size;
  readonly scale: readonly [number, number];
  readonly ratio: readonly [number, number];
  readonly interpolation: Interpolation;

  constructor(
    size: Size,
    { scale = [0.08, 1], ratio = [3 / 4, 4 / 3], interpolation = 'bilinear' }: RandomResizedCropOptions = {},
  ) {
    super();
    sizePair(size, 'RandomResizedCrop');
    this.size = size;
    this.scale = checkRange(scale, 'RandomResizedCrop: scale', [0, Number.POSITIVE_INFINITY]);
    this.ratio = checkRange(ratio, 'RandomResizedCrop: ratio', [Number.MIN_VALUE, Number.POSITIVE_INFINITY]);
    this.interpolation = checkOneOf(interpolation, interpolations, 'interpolation');
  }

  private window({ width, height }: ImageShape, rng: Rng): Window {
    for (let attempt = 0; attempt < 10; attempt++) {
      const part = randomRectangle(width * height, this, rng);
      if (part.width > 0 && part.width <= width && part.height > 0 && part.height <= height) {
        return { top: rng.int(height - part.height + 1), left: rng.int(width - part.width + 1), ...part };
      }
    }
    // No rectangle fits: the largest one in the middle whose ratio is allowed.
    const [low, high] = this.ratio;
    const ratio = width / height;
    const w = ratio > high ? roundHalfEven(height * high) : width;
    const h = ratio < low ? roundHalfEven(width / low) : height;
    return { top: Math.floor((height - h) / 2), left: Math.floor((width - w) / 2), height: h, width: w };
  }

  override draw(shape: ImageShape, rng: Rng): Operation[] {
    const [height, width] = sizePair(this.size, 'RandomResizedCrop');
    const { interpolation } = this;
    return [
      { op: 'crop', ...this.window(shape, rng) },
      { op: 'resize', height, width, interpolation },
    ];
  }

  override describe(): TransformDescription {
    const { size, scale, ratio, interpolation } = this;
    return { transform: 'RandomResizedCrop', options: { size, scale, ratio, interpolation } };
  }
}
