import { type Rng, ZooError } from '@zoo/core/base';
import type { ImageShape } from '../image.ts';
import type { Operation } from '../operation.ts';
import { checkOneOf, checkRange, type Range, rangeAround } from '../options.ts';
import type { Fill } from '../pixels/pad.ts';
import type { WarpInterpolation } from '../pixels/warp.ts';
import { roundHalfEven } from '../rounding.ts';
import { Steps, type TransformDescription } from '../transform.ts';
import { between } from './random-resized-crop.ts';

export const warpInterpolations: readonly WarpInterpolation[] = ['nearest', 'bilinear', 'bicubic'];

export interface WarpOptions {
  /** Default `nearest`, as in torchvision. */
  interpolation?: WarpInterpolation;
  /** Where the source has no pixel; default 0. */
  fill?: Fill;
  /** `[x, y]` of the fixed point from the upper left corner; default: the middle. */
  center?: readonly [number, number];
}

export interface RandomRotationOptions extends WarpOptions {
  /** Makes the output large enough for the whole rotated image. */
  expand?: boolean;
}

/** torchvision's `RandomRotation`: degrees counter-clockwise from a range; a number `d` means -d .. d. */
export class RandomRotation extends Steps {
  readonly degrees: readonly [number, number];
  readonly options: RandomRotationOptions & { expand: boolean; interpolation: WarpInterpolation; fill: Fill };

  constructor(degrees: Range, options: RandomRotationOptions = {}) {
    super();
    const { interpolation = 'nearest', fill = 0, expand = false, center } = options;
    this.degrees = rangeAround(degrees, 'RandomRotation: degrees', { center: 0 });
    checkOneOf(interpolation, warpInterpolations, 'interpolation');
    this.options = { interpolation, fill, expand, ...(center && { center }) };
  }

  override draw(_: ImageShape, rng: Rng): Operation[] {
    return [{ op: 'rotate', angle: between(rng, ...this.degrees), ...this.options }];
  }

  override describe(): TransformDescription {
    return { transform: 'RandomRotation', options: { degrees: this.degrees, ...this.options } };
  }
}

export interface RandomAffineOptions extends WarpOptions {
  /** Largest shift, as parts of the width and of the height; default: none. */
  translate?: readonly [number, number];
  /** Range of the scale; default: 1. */
  scale?: readonly [number, number];
  /** Degrees: a number for -s .. s along x, a range along x, or `[xLow, xHigh, yLow, yHigh]`; default: none. */
  shear?: Range | readonly [number, number, number, number];
}

function shearRanges(shear: RandomAffineOptions['shear']): readonly [number, number][] {
  if (shear === undefined) return [];
  if (typeof shear !== 'number' && shear.length === 4) {
    return [
      checkRange([shear[0], shear[1]], 'RandomAffine: shear along x'),
      checkRange([shear[2], shear[3]], 'RandomAffine: shear along y'),
    ];
  }
  return [rangeAround(shear as Range, 'RandomAffine: shear', { center: 0 })];
}

/** torchvision's `RandomAffine`: rotation (degrees clockwise), shift, scale and shear about the middle. */
export class RandomAffine extends Steps {
  readonly degrees: readonly [number, number];
  readonly options: RandomAffineOptions & { interpolation: WarpInterpolation; fill: Fill };

  constructor(degrees: Range, options: RandomAffineOptions = {}) {
    super();
    const { interpolation = 'nearest', fill = 0, ...rest } = options;
    this.degrees = rangeAround(degrees, 'RandomAffine: degrees', { center: 0 });
    checkOneOf(interpolation, warpInterpolations, 'interpolation');
    if (rest.translate?.some((part) => !(part >= 0 && part <= 1))) {
      throw new ZooError(
        'INVALID_ARGUMENT',
        `RandomAffine: translate has two parts between 0 and 1, got [${rest.translate.join(', ')}].`,
      );
    }
    if (rest.scale) checkRange(rest.scale, 'RandomAffine: scale', [Number.MIN_VALUE, Number.POSITIVE_INFINITY]);
    shearRanges(rest.shear);
    this.options = { interpolation, fill, ...rest };
  }

  override draw({ width, height }: ImageShape, rng: Rng): Operation[] {
    const { interpolation, fill, translate = [0, 0], scale = [1, 1], shear, center } = this.options;
    const angle = between(rng, ...this.degrees);
    const shift = (part: number, size: number): number => roundHalfEven(between(rng, -part * size, part * size));
    const shifts = [shift(translate[0], width), shift(translate[1], height)] as const;
    const factor = between(rng, ...scale);
    const [x = 0, y = 0] = shearRanges(shear).map((range) => between(rng, ...range));
    const geometry = { angle, translate: shifts, scale: factor, shear: [x, y] as const };
    return [{ op: 'affine', ...geometry, interpolation, fill, ...(center && { center }) }];
  }

  override describe(): TransformDescription {
    return { transform: 'RandomAffine', options: { degrees: this.degrees, ...this.options } };
  }
}
