import type { Rng } from '@zoo/core/base';
import type { ImageShape } from '../image.ts';
import type { Operation } from '../operation.ts';
import { checkProbability, checkRange } from '../options.ts';
import type { Fill } from '../pixels/pad.ts';
import { Steps, type TransformDescription } from '../transform.ts';
import { randomRectangle } from './random-resized-crop.ts';

export interface RandomErasingOptions {
  /** Default 0.5. */
  p?: number;
  /** Part of the area; default [0.02, 0.33]. */
  scale?: readonly [number, number];
  /** Height / width; default [0.3, 3.3]. */
  ratio?: readonly [number, number];
  /** Value for all channels or for each, or standard normal noise; default 0. */
  value?: Fill | 'random';
}

/** torchvision's `RandomErasing` (Zhong et al. 2017). It belongs after `Normalize`, where 0 is the mean. */
export class RandomErasing extends Steps {
  readonly options: Required<RandomErasingOptions>;

  constructor({ p = 0.5, scale = [0.02, 0.33], ratio = [0.3, 3.3], value = 0 }: RandomErasingOptions = {}) {
    super();
    checkProbability(p, 'RandomErasing');
    checkRange(scale, 'RandomErasing: scale', [0, 1]);
    checkRange(ratio, 'RandomErasing: ratio', [Number.MIN_VALUE, Number.POSITIVE_INFINITY]);
    this.options = { p, scale, ratio, value };
  }

  override draw({ width, height }: ImageShape, rng: Rng): Operation[] {
    const { p, scale, ratio, value } = this.options;
    if (rng.uniform() >= p) return [];
    for (let attempt = 0; attempt < 10; attempt++) {
      // torchvision's ratio is here that of height to width.
      const { width: h, height: w } = randomRectangle(width * height, { scale, ratio }, rng);
      if (h >= height || w >= width) continue;
      const window = { top: rng.int(height - h + 1), left: rng.int(width - w + 1), height: h, width: w };
      const eraser = value === 'random' ? { noiseSeed: rng.int(2 ** 32) } : { fill: value };
      return [{ op: 'erase', ...window, eraser }];
    }
    return [];
  }

  override describe(): TransformDescription {
    return { transform: 'RandomErasing', options: { ...this.options } };
  }
}
