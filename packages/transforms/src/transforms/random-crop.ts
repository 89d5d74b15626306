import { type Rng, ZooError } from '@zoo/core/base';
import type { ImageShape } from '../image.ts';
import { type Operation, shapeAfter } from '../operation.ts';
import { type Size, sizePair } from '../options.ts';
import { Steps, type TransformDescription } from '../transform.ts';
import { type Padding, type PadOptions, padOperation } from './pad.ts';

export interface RandomCropOptions extends PadOptions {
  /** Added on all sides before the crop. */
  padding?: Padding;
  /** Pads images that are too small instead of refusing them. */
  padIfNeeded?: boolean;
}

/** torchvision's `RandomCrop`. */
export class RandomCrop extends Steps {
  readonly size: Size;
  readonly options: RandomCropOptions;

  constructor(size: Size, options: RandomCropOptions = {}) {
    super();
    sizePair(size, 'RandomCrop');
    padOperation(options.padding ?? 0, options, 'RandomCrop');
    this.size = size;
    const { padding, padIfNeeded = false, fill = 0, mode = 'constant' } = options;
    this.options = { ...(padding !== undefined && { padding }), padIfNeeded, fill, mode };
  }

  override draw(shape: ImageShape, rng: Rng): Operation[] {
    const [height, width] = sizePair(this.size, 'RandomCrop');
    const { padding, padIfNeeded } = this.options;
    const steps: Operation[] = [];
    let current = shape;
    const pad = (amount: Padding): void => {
      const step = padOperation(amount, this.options, 'RandomCrop');
      current = shapeAfter(current, step);
      steps.push(step);
    };
    if (padding !== undefined) pad(padding);
    if (padIfNeeded && current.width < width) pad([width - current.width, 0]);
    if (padIfNeeded && current.height < height) pad([0, height - current.height]);
    if (current.width < width || current.height < height) {
      throw new ZooError(
        'SHAPE_MISMATCH',
        `RandomCrop to ${height} x ${width} does not fit an image of ${current.height} x ${current.width}; resize it, or set padIfNeeded.`,
      );
    }
    const top = rng.int(current.height - height + 1);
    const left = rng.int(current.width - width + 1);
    return [...steps, { op: 'crop', top, left, height, width }];
  }

  override describe(): TransformDescription {
    return { transform: 'RandomCrop', options: { size: this.size, ...this.options } };
  }
}
