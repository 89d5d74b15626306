import type { Rng } from '@zoo/core/base';
import type { ImageShape } from '../image.ts';
import type { Operation } from '../operation.ts';
import { checkProbability } from '../options.ts';
import { Steps, type TransformDescription } from '../transform.ts';

/** Mirrors left to right with probability `p` (default 0.5). */
export class RandomHorizontalFlip extends Steps {
  readonly p: number;

  constructor({ p = 0.5 }: { p?: number } = {}) {
    super();
    this.p = checkProbability(p, 'RandomHorizontalFlip');
  }

  override draw(_: ImageShape, rng: Rng): Operation[] {
    return rng.uniform() < this.p ? [{ op: 'hflip' }] : [];
  }

  override describe(): TransformDescription {
    return { transform: 'RandomHorizontalFlip', options: { p: this.p } };
  }
}

/** Mirrors top to bottom with probability `p` (default 0.5). */
export class RandomVerticalFlip extends Steps {
  readonly p: number;

  constructor({ p = 0.5 }: { p?: number } = {}) {
    super();
    this.p = checkProbability(p, 'RandomVerticalFlip');
  }

  override draw(_: ImageShape, rng: Rng): Operation[] {
    return rng.uniform() < this.p ? [{ op: 'vflip' }] : [];
  }

  override describe(): TransformDescription {
    return { transform: 'RandomVerticalFlip', options: { p: this.p } };
  }
}
