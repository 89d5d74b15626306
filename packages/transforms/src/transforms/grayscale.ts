import { type Rng, ZooError } from '@zoo/core/base';
import type { ImageShape } from '../image.ts';
import type { Operation } from '../operation.ts';
import { checkProbability } from '../options.ts';
import { Steps, type TransformDescription } from '../transform.ts';

/** Luminance in 1 channel (the default) or repeated in 3. */
export class Grayscale extends Steps {
  readonly channels: 1 | 3;

  constructor({ channels = 1 }: { channels?: 1 | 3 } = {}) {
    super();
    if (channels !== 1 && channels !== 3) {
      throw new ZooError('INVALID_ARGUMENT', `Grayscale gives 1 or 3 channels, not ${channels}.`);
    }
    this.channels = channels;
  }

  override draw(shape: ImageShape): Operation[] {
    return shape.channels === 1 && this.channels === 1 ? [] : [{ op: 'grayscale', channels: this.channels }];
  }

  override describe(): TransformDescription {
    return { transform: 'Grayscale', options: { channels: this.channels } };
  }
}

/** Takes the colour away with probability `p` (default 0.1); the number of channels stays. */
export class RandomGrayscale extends Steps {
  readonly p: number;

  constructor({ p = 0.1 }: { p?: number } = {}) {
    super();
    this.p = checkProbability(p, 'RandomGrayscale');
  }

  override draw({ channels }: ImageShape, rng: Rng): Operation[] {
    return rng.uniform() < this.p && channels === 3 ? [{ op: 'grayscale', channels: 3 }] : [];
  }

  override describe(): TransformDescription {
    return { transform: 'RandomGrayscale', options: { p: this.p } };
  }
}
