import type * as tf from '@tensorflow/tfjs-core';
import { ZooError } from '@zoo/core';
import { expectImages } from './expect-shape.ts';
import { type AxisWeights, combineSeparably } from './separable.ts';
import { type Pair, type Spatial, toPair } from './spatial.ts';

/** Either the output size or factors, not both. */
export interface InterpolateOptions {
  size?: Spatial;
  scaleFactor?: Spatial;
}

/**
 * `torch.nn.functional.interpolate(mode='bilinear', align_corners=False)` of `[n, h, w, c]`, without antialiasing: each
 * output pixel mixes its four nearest input pixels, when shrinking too.
 */
export function interpolateBilinear(x: tf.Tensor, options: InterpolateOptions): tf.Tensor4D {
  const images = expectImages(x);
  const [, h, w] = images.shape;
  const { size, scale } = target([h, w], checkInterpolate(options));
  return combineSeparably(images, taps(h, size[0], scale[0]), taps(w, size[1], scale[1]));
}

/** Refuses anything but one of `size` and `scaleFactor`. */
export function checkInterpolate(options: InterpolateOptions): InterpolateOptions {
  const { size, scaleFactor } = options;
  if ((size === undefined) === (scaleFactor === undefined)) {
    throw new ZooError('INVALID_ARGUMENT', 'Resizing needs one of size and scaleFactor.');
  }
  if (size !== undefined) toPair('size', size);
  const factors = scaleFactor === undefined ? [] : typeof scaleFactor === 'number' ? [scaleFactor] : scaleFactor;
  if (!factors.every((f) => f > 0 && Number.isFinite(f))) {
    throw new ZooError('INVALID_ARGUMENT', `scaleFactor must be positive, got ${factors.join(', ')}.`);
  }
  return options;
}

/** Output size, and input pixels per output pixel; PyTorch takes the latter from the factor where one is given. */
function target([h, w]: Pair, { size, scaleFactor }: InterpolateOptions): { size: Pair; scale: Pair } {
  if (size !== undefined) {
    const [height, width] = toPair('size', size);
    return { size: [height, width], scale: [h / height, w / width] };
  }
  const factors = typeof scaleFactor === 'number' ? [scaleFactor, scaleFactor] : scaleFactor!;
  const [fh, fw] = factors as Pair;
  return { size: [Math.floor(h * fh), Math.floor(w * fw)], scale: [1 / fh, 1 / fw] };
}

function taps(size: number, outputs: number, scale: number): AxisWeights {
  return Array.from({ length: outputs }, (_, i) => {
    const source = Math.max(0, (i + 0.5) * scale - 0.5);
    const first = Math.min(Math.floor(source), size - 1);
    const second = Math.min(first + 1, size - 1);
    const weights = new Float32Array(size);
    weights[first]! += 1 - (source - first);
    weights[second]! += source - first;
    return weights;
  });
}
