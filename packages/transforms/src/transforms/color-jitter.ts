import type { Rng } from '@zoo/core/base';
import type { ImageShape } from '../image.ts';
import type { Operation } from '../operation.ts';
import { type Range, rangeAround } from '../options.ts';
import { Steps, type TransformDescription } from '../transform.ts';
import { between } from './random-resized-crop.ts';

export interface ColorJitterOptions {
  /** Factor: a number `b` means max(0, 1 - b) .. 1 + b. */
  brightness?: Range;
  contrast?: Range;
  saturation?: Range;
  /** Part of the colour circle: a number `h` (at most 0.5) means -h .. h. */
  hue?: Range;
}

const kinds = ['brightness', 'contrast', 'saturation', 'hue'] as const;

const neutral: Readonly<Record<(typeof kinds)[number], number>> = { brightness: 1, contrast: 1, saturation: 1, hue: 0 };

/** torchvision's `ColorJitter`: what is given is changed by random factors, in random order. */
export class ColorJitter extends Steps {
  readonly ranges: Readonly<Partial<Record<(typeof kinds)[number], readonly [number, number]>>>;

  constructor(options: ColorJitterOptions = {}) {
    super();
    const ranges: Partial<Record<(typeof kinds)[number], [number, number]>> = {};
    for (const kind of kinds) {
      const given = options[kind];
      if (given === undefined) continue;
      const limits = kind === 'hue' ? ([-0.5, 0.5] as const) : ([0, Number.POSITIVE_INFINITY] as const);
      const range = rangeAround(given, `ColorJitter: ${kind}`, { center: neutral[kind], limits, cut: kind !== 'hue' });
      if (range[0] !== neutral[kind] || range[1] !== neutral[kind]) ranges[kind] = range;
    }
    this.ranges = ranges;
  }

  override draw(_: ImageShape, rng: Rng): Operation[] {
    const order = [...rng.permutation(kinds.length)];
    const steps = kinds.map((op): Operation[] => {
      const range = this.ranges[op];
      return range ? [{ op, factor: between(rng, ...range) }] : [];
    });
    return order.flatMap((i) => steps[i]!);
  }

  override describe(): TransformDescription {
    return { transform: 'ColorJitter', options: this.ranges };
  }
}
