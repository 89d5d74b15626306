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
  /** Pixels, `inputShape` row by row. */
  image: Float32Array;
  inputShape: readonly number[];
  /** Name of a label, given how many there are. */
  nameOf: (label: number, numClasses: number) => string;
  topK: number;
}

/** The `topK` likeliest classes of one image, the likeliest first. */
export async function classify(net: Net, { image, inputShape, nameOf, topK }: ClassifyOptions): Promise<Candidate[]> {
  const probabilities = tf.tidy(() => tf.softmax(net.predict(tf.tensor(image, [1, ...inputShape]))));
  try {
    const values = await probabilities.data();
    await checkBackendErrors();
    return Array.from(values, (probability, label) => ({ label, name: nameOf(label, values.length), probability }))
      .sort((a, b) => b.probability - a.probability)
      .slice(0, topK);
  } finally {
    probabilities.dispose();
  }
}
