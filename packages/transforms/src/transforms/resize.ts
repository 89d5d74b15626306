import { ZooError } from '@zoo/core/base';
import type { ImageShape } from '../image.ts';
import type { Operation } from '../operation.ts';
import { checkOneOf, checkPositive, type Size, sizePair } from '../options.ts';
import type { Interpolation } from '../pixels/filters.ts';
import { Steps, type TransformDescription } from '../transform.ts';

export const interpolations: readonly Interpolation[] = ['nearest', 'bilinear', 'bicubic', 'lanczos'];

export interface ResizeOptions {
  /** Default `bilinear`. */
  interpolation?: Interpolation;
  /** Upper limit of the longer side, where `size` is one number. */
  maxSize?: number;
}

/**
 * torchvision's `Resize` of PIL images, antialiased: to `[height, width]`, or, with one number, the shorter side to
 * that number and the longer one in proportion.
 */
export class Resize extends Steps {
  readonly size: Size;
  readonly interpolation: Interpolation;
  readonly maxSize: number | undefined;

  constructor(size: Size, { interpolation = 'bilinear', maxSize }: ResizeOptions = {}) {
    super();
    sizePair(size, 'Resize');
    this.size = size;
    this.interpolation = checkOneOf(interpolation, interpolations, 'interpolation');
    if (maxSize !== undefined && !(typeof size === 'number' && checkPositive(maxSize, 'Resize: maxSize') > size)) {
      throw new ZooError(
        'INVALID_ARGUMENT',
        `Resize: maxSize ${maxSize} needs one number as size, smaller than maxSize; got ${JSON.stringify(size)}.`,
      );
    }
    this.maxSize = maxSize;
  }

  private target({ width, height }: ImageShape): [number, number] {
    if (typeof this.size !== 'number') return [...this.size];
    const short = Math.min(width, height);
    let newShort = this.size;
    let newLong = Math.trunc((newShort * Math.max(width, height)) / short);
    if (this.maxSize !== undefined && newLong > this.maxSize) {
      newShort = Math.max(1, Math.trunc((this.maxSize * newShort) / newLong));
      newLong = this.maxSize;
    }
    return width <= height ? [newLong, newShort] : [newShort, newLong];
  }

  override draw(shape: ImageShape): Operation[] {
    const [height, width] = this.target(shape);
    if (height === shape.height && width === shape.width) return [];
    return [{ op: 'resize', height, width, interpolation: this.interpolation }];
  }

  override describe(): TransformDescription {
    const { size, interpolation, maxSize } = this;
    return { transform: 'Resize', options: { size, interpolation, ...(maxSize !== undefined && { maxSize }) } };
  }
}
