import { ZooError } from '@zoo/core/base';
import type { Operation } from '../operation.ts';
import { Steps, type TransformDescription } from '../transform.ts';

/** From bytes to float32 in [0, 1]. The order stays height, width, channels (torchvision's becomes CHW). */
export class ToTensor extends Steps {
  override draw(): Operation[] {
    return [{ op: 'toTensor' }];
  }

  override describe(): TransformDescription {
    return { transform: 'ToTensor', options: {} };
  }
}

/** `(value - mean) / std` for each channel, after `ToTensor`. */
export class Normalize extends Steps {
  readonly mean: readonly number[];
  readonly std: readonly number[];

  constructor(mean: readonly number[], std: readonly number[]) {
    super();
    const isList = (list: readonly number[]) => Array.isArray(list) && list.every((n) => Number.isFinite(n));
    if (!isList(mean) || !isList(std) || mean.length !== std.length || std.includes(0)) {
      throw new ZooError(
        'INVALID_ARGUMENT',
        `Normalize needs as many means as deviations, and no deviation of 0; got ${JSON.stringify({ mean, std })}.`,
      );
    }
    this.mean = mean;
    this.std = std;
  }

  override draw(): Operation[] {
    return [{ op: 'normalize', mean: this.mean, std: this.std }];
  }

  override describe(): TransformDescription {
    return { transform: 'Normalize', options: { mean: this.mean, std: this.std } };
  }
}
