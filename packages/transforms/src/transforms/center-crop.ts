import type { ImageShape } from '../image.ts';
import type { Operation } from '../operation.ts';
import { type Size, sizePair } from '../options.ts';
import { roundHalfEven } from '../rounding.ts';
import { Steps, type TransformDescription } from '../transform.ts';

/** torchvision's `CenterCrop`: half pixels round to even, an image that is too small is padded with 0. */
export class CenterCrop extends Steps {
  readonly size: Size;

  constructor(size: Size) {
    super();
    sizePair(size, 'CenterCrop');
    this.size = size;
  }

  override draw(shape: ImageShape): Operation[] {
    const [height, width] = sizePair(this.size, 'CenterCrop');
    const missingX = Math.max(0, width - shape.width);
    const missingY = Math.max(0, height - shape.height);
    const left = Math.floor(missingX / 2);
    const top = Math.floor(missingY / 2);
    const cropTop = roundHalfEven((shape.height + missingY - height) / 2);
    const cropLeft = roundHalfEven((shape.width + missingX - width) / 2);
    const crop: Operation = { op: 'crop', top: cropTop, left: cropLeft, height, width };
    if (missingX === 0 && missingY === 0) return [crop];
    const right = missingX - left;
    const bottom = missingY - top;
    return [{ op: 'pad', left, top, right, bottom, fill: 0, mode: 'constant' }, crop];
  }

  override describe(): TransformDescription {
    return { transform: 'CenterCrop', options: { size: this.size } };
  }
}
