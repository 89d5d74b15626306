import * as tf from '@tensorflow/tfjs-core';
import { type Batch, currentRng, type Rng, ZooError } from '@zoo/core';
import { randomBeta } from './random-beta.ts';

export interface MixOptions {
  numClasses: number;
  /** Both parameters of the Beta distribution of the mixing weight; default 1 (uniform). */
  alpha?: number;
}

function checkOptions({ numClasses, alpha = 1 }: MixOptions, what: string): Required<MixOptions> {
  if (Number.isInteger(numClasses) && numClasses > 1 && alpha > 0) return { numClasses, alpha };
  throw new ZooError('INVALID_ARGUMENT', `${what} needs numClasses > 1 and alpha > 0, got ${numClasses} and ${alpha}.`);
}

function imagesOf({ inputs, targets }: Batch, what: string): tf.Tensor4D {
  if (inputs.rank === 4 && targets.rank === 1 && targets.shape[0] === inputs.shape[0]) return inputs as tf.Tensor4D;
  throw new ZooError(
    'SHAPE_MISMATCH',
    `${what} needs images [n, height, width, channels] and labels [n], got [${inputs.shape.join(', ')}] and [${targets.shape.join(', ')}].`,
  );
}

/** The examples moved on by one, so that each meets its neighbour. */
const rolled = <T extends tf.Tensor>(x: T): T => {
  const n = x.shape[0]!;
  return n < 2 ? x : tf.concat([tf.slice(x, n - 1, 1), tf.slice(x, 0, n - 1)] as T[], 0);
};

/** Labels as probabilities: `weight` for the example's own class, the rest for its neighbour's. */
function mixTargets(targets: tf.Tensor, numClasses: number, weight: number): tf.Tensor {
  const oneHot = tf.cast(tf.oneHot(tf.cast(targets, 'int32') as tf.Tensor1D, numClasses), 'float32');
  return tf.add(tf.mul(oneHot, weight), tf.mul(rolled(oneHot), 1 - weight));
}

/**
 * MixUp (Zhang et al. 2017): every image of a batch is averaged with its neighbour, and so are the labels, with one
 * weight from Beta(alpha, alpha).
 */
export class MixUp {
  readonly options: Required<MixOptions>;

  constructor(options: MixOptions) {
    this.options = checkOptions(options, 'MixUp');
  }

  /** A new batch with targets `[n, numClasses]`; the one given still has to be disposed. */
  apply(batch: Batch, rng: Rng = currentRng()): Batch {
    const images = imagesOf(batch, 'MixUp');
    const { numClasses, alpha } = this.options;
    const weight = randomBeta(alpha, rng);
    return tf.tidy(() => ({
      inputs: tf.add(tf.mul(images, weight), tf.mul(rolled(images), 1 - weight)),
      targets: mixTargets(batch.targets, numClasses, weight),
    }));
  }
}

/** Part `low` up to `high` of an axis: `size` in all about `middle`, cut at the edge. */
const span = (middle: number, size: number, limit: number): [number, number] => {
  const reach = Math.trunc(size / 2);
  return [Math.max(0, middle - reach), Math.min(limit, middle + reach)];
};

/**
 * CutMix (Yun et al. 2019): a rectangle of every image comes from its neighbour, and as much of its label as the
 * rectangle takes of the area, which is 1 - Beta(alpha, alpha) before the image's edge cuts it.
 */
export class CutMix {
  readonly options: Required<MixOptions>;

  constructor(options: MixOptions) {
    this.options = checkOptions(options, 'CutMix');
  }

  /** A new batch with targets `[n, numClasses]`; the one given still has to be disposed. */
  apply(batch: Batch, rng: Rng = currentRng()): Batch {
    const images = imagesOf(batch, 'CutMix');
    const { numClasses, alpha } = this.options;
    const [, height, width] = images.shape;
    const side = Math.sqrt(1 - randomBeta(alpha, rng));
    const [left, right] = span(rng.int(width), side * width, width);
    const [top, bottom] = span(rng.int(height), side * height, height);
    const weight = 1 - ((right - left) * (bottom - top)) / (width * height);
    const mask = Float32Array.from({ length: height * width }, (_, i) => {
      const x = i % width;
      const y = Math.floor(i / width);
      return x >= left && x < right && y >= top && y < bottom ? 1 : 0;
    });
    return tf.tidy(() => ({
      inputs: tf.where(tf.cast(tf.tensor4d(mask, [1, height, width, 1]), 'bool'), rolled(images), images),
      targets: mixTargets(batch.targets, numClasses, weight),
    }));
  }
}
