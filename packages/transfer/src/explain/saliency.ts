import * as tf from '@tensorflow/tfjs-core';
import { type AnyModule, createRng, tidyTape, ZooError } from '@zoo/core';
import { type ClassChoice, chosenClasses, inEvaluation, stretched } from './evaluate-with-gradients.ts';

export interface SmoothGradOptions {
  /** Noisy copies of each image; default 25. */
  samples?: number;
  /** Standard deviation of the noise, as a share of the image's range; default 0.15. */
  noise?: number;
  /** Default 0. */
  seed?: number;
}

export interface SaliencyOptions {
  /** Class to explain, for all images or one per image; default what the net predicts for each. */
  classIndex?: ClassChoice;
  /** Averages the gradients of noisy copies (SmoothGrad, Smilkov et al. 2017); true for its defaults. */
  smooth?: boolean | SmoothGradOptions;
}

/** `x` with normal noise. */
function noisy(x: tf.Tensor4D, noise: number, normal: () => number): tf.Tensor4D {
  const values = tf.tensor4d(Float32Array.from({ length: x.size }, normal), x.shape);
  const range = tf.sub(tf.max(x, [1, 2, 3], true), tf.min(x, [1, 2, 3], true));
  return tf.add(x, tf.mul(values, tf.mul(range, noise)));
}

/**
 * How much each pixel matters for a class: the largest absolute gradient among its channels (Simonyan et al. 2013,
 * https://arxiv.org/abs/1312.6034). Takes images `[n, h, w, c]`; resolves to maps `[n, h, w]` from 0 to 1, which the
 * caller disposes.
 */
export async function saliency(
  net: AnyModule,
  x: tf.Tensor4D,
  { classIndex, smooth = false }: SaliencyOptions = {},
): Promise<tf.Tensor3D> {
  const { samples = 25, noise = 0.15, seed = 0 } = typeof smooth === 'object' ? smooth : {};
  if (!Number.isInteger(samples) || samples < 1 || !(noise >= 0)) {
    throw new ZooError('INVALID_ARGUMENT', `saliency: samples ${samples} and noise ${noise} make no SmoothGrad.`);
  }
  const chosen = await chosenClasses(net, x, classIndex);
  const rng = createRng(seed);
  try {
    return inEvaluation(net, () =>
      tidyTape(() => {
        const gradient = tf.grad((images: tf.Tensor) => tf.sum(tf.mul(net.call(images), chosen)));
        let total: tf.Tensor = tf.zerosLike(x);
        for (let i = 0; i < (smooth ? samples : 1); i++) {
          const former = total;
          total = tf.tidy(() => tf.add(former, gradient(smooth ? noisy(x, noise, () => rng.normal()) : x)));
          former.dispose();
        }
        return stretched(tf.max(tf.abs(total), 3) as tf.Tensor3D);
      }),
    );
  } finally {
    chosen.dispose();
  }
}
