import * as tf from '@tensorflow/tfjs-core';
import { checkBackendErrors, type ImageModel } from '@zoo/core';
import type { ImageDataset } from '@zoo/datasets';
import { extractFeatures, type FusedModel, fuse, linearHead, trainHead } from '@zoo/transfer';

export interface Trained {
  /** Images to logits. */
  net: FusedModel;
  classNames: readonly string[];
  /** Share of the training images that the head gets right. */
  trainAccuracy: number;
}

/** Trains a linear head on the backbone's features of `images`. The same images always give the same head. */
export async function trainClassifier(
  backbone: ImageModel,
  images: ImageDataset,
  onProgress: (text: string) => void = () => {},
): Promise<Trained> {
  const features = await extractFeatures(backbone, images, {
    onProgress: ({ done, total }) => onProgress(`features of ${done} of ${total} images`),
  });
  const classNames = images.classNames ?? [];
  const head = linearHead({ inFeatures: backbone.numFeatures, numClasses: classNames.length, seed: 1 });
  onProgress('training the head');
  const history = await trainHead(head, features, { epochs: 60, batchSize: 16, lr: 0.01, seed: 1 });
  await checkBackendErrors();
  return { net: fuse(backbone, head), classNames, trainAccuracy: history.last?.trainAccuracy ?? 0 };
}

/** Logits of every image, row by row. */
export async function logitsOf(net: FusedModel, images: ImageDataset): Promise<number[][]> {
  const { inputs, targets } = await images.batch(Array.from({ length: images.length }, (_, i) => i));
  const logits = net.predict(inputs) as tf.Tensor2D;
  const rows = await logits.array();
  tf.dispose([inputs, targets, logits]);
  await checkBackendErrors();
  return rows;
}
