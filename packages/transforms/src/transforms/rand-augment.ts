import { type Rng, ZooError } from '@zoo/core/base';
import type { ImageShape } from '../image.ts';
import type { Operation } from '../operation.ts';
import { checkOneOf, checkPositive } from '../options.ts';
import type { Fill } from '../pixels/pad.ts';
import type { WarpInterpolation } from '../pixels/warp.ts';
import { Steps, type TransformDescription } from '../transform.ts';
import {
  type Augmentation,
  augmentationSpace,
  randAugmentStrength,
  trivialAugmentStrength,
} from './augmentation-space.ts';
import { warpInterpolations } from './rotation.ts';

export interface AugmentOptions {
  /** Steps between no and full strength; default 31. */
  numMagnitudeBins?: number;
  /** Default `nearest`. */
  interpolation?: WarpInterpolation;
  /** Where the source has no pixel; default 0. */
  fill?: Fill;
}

export interface RandAugmentOptions extends AugmentOptions {
  /** Augmentations per image; default 2. */
  numOps?: number;
  /** Strength of all of them, below `numMagnitudeBins`; default 9. */
  magnitude?: number;
}

function checkOptions({ numMagnitudeBins = 31, interpolation = 'nearest', fill = 0 }: AugmentOptions, what: string) {
  if (checkPositive(numMagnitudeBins, `${what}: numMagnitudeBins`) < 2) {
    throw new ZooError('INVALID_ARGUMENT', `${what}: numMagnitudeBins is at least 2.`);
  }
  checkOneOf(interpolation, warpInterpolations, 'interpolation');
  return { numMagnitudeBins, interpolation, fill };
}

function drawOne(space: readonly Augmentation[], bin: (bins: number) => number, rng: Rng): Operation[] {
  const { magnitudes, signed, steps } = space[rng.int(space.length)]!;
  const magnitude = magnitudes ? magnitudes[bin(magnitudes.length)]! : 0;
  return steps(signed && rng.int(2) === 1 ? -magnitude : magnitude);
}

/** torchvision's `RandAugment` (Cubuk et al. 2019): a few of fourteen augmentations, all at one strength. */
export class RandAugment extends Steps {
  readonly options: Required<RandAugmentOptions>;

  constructor(options: RandAugmentOptions = {}) {
    super();
    const { numOps = 2, magnitude = 9 } = options;
    const rest = checkOptions(options, 'RandAugment');
    checkPositive(numOps, 'RandAugment: numOps');
    if (!Number.isInteger(magnitude) || magnitude < 0 || magnitude >= rest.numMagnitudeBins) {
      throw new ZooError(
        'INVALID_ARGUMENT',
        `RandAugment: magnitude is an integer from 0 to ${rest.numMagnitudeBins - 1}, got ${magnitude}.`,
      );
    }
    this.options = { numOps, magnitude, ...rest };
  }

  override draw(shape: ImageShape, rng: Rng): Operation[] {
    const { numOps, magnitude, numMagnitudeBins: bins, interpolation, fill } = this.options;
    const space = augmentationSpace(randAugmentStrength(shape), { bins, interpolation, fill });
    return Array.from({ length: numOps }, () => drawOne(space, () => magnitude, rng)).flat();
  }

  override describe(): TransformDescription {
    return { transform: 'RandAugment', options: { ...this.options } };
  }
}

/** torchvision's `TrivialAugmentWide` (Müller and Hutter 2021): one augmentation at a random strength. */
export class TrivialAugmentWide extends Steps {
  readonly options: Required<AugmentOptions>;

  constructor(options: AugmentOptions = {}) {
    super();
    this.options = checkOptions(options, 'TrivialAugmentWide');
  }

  override draw(_: ImageShape, rng: Rng): Operation[] {
    const { numMagnitudeBins: bins, interpolation, fill } = this.options;
    const space = augmentationSpace(trivialAugmentStrength, { bins, interpolation, fill });
    return drawOne(space, (length) => rng.int(length), rng);
  }

  override describe(): TransformDescription {
    return { transform: 'TrivialAugmentWide', options: { ...this.options } };
  }
}
