import { ZooError } from '@zoo/core/base';
import type { Operation } from '../operation.ts';
import { checkOneOf } from '../options.ts';
import type { Fill, PaddingMode } from '../pixels/pad.ts';
import { Steps, type TransformDescription } from '../transform.ts';

/** The same on all sides, `[left and right, top and bottom]`, or `[left, top, right, bottom]`. */
export type Padding = number | readonly [number, number] | readonly [number, number, number, number];

export interface PadOptions {
  /** Default 0. */
  fill?: Fill;
  /** Default `constant`. */
  mode?: PaddingMode;
}

const modes: readonly PaddingMode[] = ['constant', 'edge', 'reflect', 'symmetric'];

export function padOperation(padding: Padding, { fill = 0, mode = 'constant' }: PadOptions, what: string): Operation {
  checkOneOf(mode, modes, 'padding mode');
  const sides: readonly number[] = typeof padding === 'number' ? [padding, padding] : padding;
  const [left = Number.NaN, top = Number.NaN, right = left, bottom = top] = sides;
  if (![left, top, right, bottom].every((n) => Number.isInteger(n) && n >= 0)) {
    throw new ZooError(
      'INVALID_ARGUMENT',
      `${what}: padding is one, two or four numbers of pixels, got ${JSON.stringify(padding)}.`,
    );
  }
  return { op: 'pad', left, top, right, bottom, fill, mode };
}

/** torchvision's `Pad`. */
export class Pad extends Steps {
  readonly padding: Padding;
  readonly fill: Fill;
  readonly mode: PaddingMode;

  constructor(padding: Padding, { fill = 0, mode = 'constant' }: PadOptions = {}) {
    super();
    padOperation(padding, { fill, mode }, 'Pad');
    this.padding = padding;
    this.fill = fill;
    this.mode = mode;
  }

  override draw(): Operation[] {
    return [padOperation(this.padding, this, 'Pad')];
  }

  override describe(): TransformDescription {
    const { padding, fill, mode } = this;
    return { transform: 'Pad', options: { padding, fill, mode } };
  }
}
