import * as tf from '@tensorflow/tfjs-core';
import type { InputSpec } from '@zoo/core';
import { interpolateBilinear } from '@zoo/layers';
import { invalid } from '../options.ts';

const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((x, i) => Math.abs(x - b[i]!) < 1e-9);

/** Whether images prepared for one net suit the other as they are. */
const sameInput = (a: InputSpec, b: InputSpec): boolean =>
  a.channels === b.channels && same(a.size, b.size) && same(a.mean, b.mean) && same(a.std, b.std);

/** Luminance weights of ITU-R 601, as PIL's. */
const luminance = [0.299, 0.587, 0.114];

/**
 * Images `[n, h, w, c]` prepared for `from`, as a net of `to` wants them: normalization undone, RGB to luminance or
 * luminance to three equal channels, bilinear resizing, the other normalization.
 */
export function adaptImages(images: tf.Tensor, from: InputSpec, to: InputSpec): tf.Tensor {
  if (sameInput(from, to)) return images;
  return tf.tidy(() => {
    let x: tf.Tensor = images;
    const renormalize = from.channels !== to.channels || !same(from.mean, to.mean) || !same(from.std, to.std);
    if (renormalize) x = toChannels(tf.add(tf.mul(x, [...from.std]), [...from.mean]), to.channels);
    if (!same(from.size, to.size)) x = interpolateBilinear(x, { size: to.size });
    return renormalize ? tf.div(tf.sub(x, [...to.mean]), [...to.std]) : x;
  });
}

function toChannels(x: tf.Tensor, channels: number): tf.Tensor {
  const own = x.shape.at(-1);
  if (own === channels) return x;
  if (own === 3 && channels === 1) return tf.sum(tf.mul(x, luminance), -1, true);
  if (own === 1) return tf.tile(x, [1, 1, 1, channels]);
  throw invalid(
    `images of ${own} channels cannot become images of ${channels}: give the member a 'preprocess' of its own.`,
  );
}

/**
 * What a set of nets can be fed from: their common input where they agree; otherwise images in [0, 1], of the largest
 * size and most channels among them.
 */
export function commonInput(specs: readonly InputSpec[]): InputSpec | undefined {
  const [first, ...others] = specs;
  if (!first || others.every((spec) => sameInput(spec, first))) return first;
  const area = ({ size }: InputSpec) => size[0] * size[1];
  const largest = specs.reduce((a, b) => (area(b) > area(a) ? b : a));
  const channels = Math.max(...specs.map((spec) => spec.channels));
  return {
    ...largest,
    channels,
    mean: new Array<number>(channels).fill(0),
    std: new Array<number>(channels).fill(1),
  };
}
