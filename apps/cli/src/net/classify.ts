import * as tf from '@tensorflow/tfjs-core';
import { checkBackendErrors } from '@zoo/core';
import type { Net } from './create-net.ts';

/** One possible answer for an image. */
export interface Candidate {
  label: number;
  name: string;
  probability: number;
}

export interface ClassifyOptions {
  /** Pixels of each image, of shape `inputShape`. */
  images: readonly Float32Array[];
  inputShape: readonly number[];
  /** Class names; labels without one are named by their number. */
  classNames: readonly string[];
  topK: number;
}

/** The `topK` likeliest classes of each image, the likeliest first. */
export async function classify(
  net: Net,
  { images, inputShape, classNames, topK }: ClassifyOptions,
): Promise<Candidate[][]> {
  const size = inputShape.reduce((n, d) => n * d, 1);
  const pixels = new Float32Array(images.length * size);
  images.forEach((image, i) => {
    pixels.set(image, i * size);
  });
  const probabilities = tf.tidy(() => tf.softmax(net.predict(tf.tensor(pixels, [images.length, ...inputShape]))));
  try {
    const values = await probabilities.data();
    await checkBackendErrors();
    const classes = probabilities.shape[1]!;
    return images.map((_, i) =>
      Array.from(values.slice(i * classes, (i + 1) * classes), (probability, label) => ({
        label,
        name: classNames[label] ?? `${label}`,
        probability,
      }))
        .sort((a, b) => b.probability - a.probability)
        .slice(0, topK),
    );
  } finally {
    probabilities.dispose();
  }
}
