import type * as tf from '@tensorflow/tfjs-core';
import type { FeatureInfo } from '@zoo/core';
import { FusedModel, gradCam, saliency } from '@zoo/transfer';
import type { Net } from '../net/create-net.ts';

/** Maps from 0 to 1, one for each image, `[height, width]` row by row. */
export type Maps = Float32Array[];

const split = (values: Float32Array, count: number): Maps =>
  Array.from({ length: count }, (_, i) => values.slice((i * values.length) / count, ((i + 1) * values.length) / count));

async function read(maps: tf.Tensor3D): Promise<Maps> {
  try {
    return split((await maps.data()) as Float32Array, maps.shape[0]);
  } finally {
    maps.dispose();
  }
}

/** Fewer pixels along a side than these show no place. */
const leastSide = 3;

/**
 * The feature maps that Grad-CAM weighs unless told otherwise: the last ones, or the last that small images leave some
 * pixels of; undefined where the net names none.
 */
export function lastFeatureMaps(net: Net, imageSize: readonly number[]): string | undefined {
  const inner = net instanceof FusedModel ? net.backbone : undefined;
  const { featureInfo = [] } = (inner ?? net) as { featureInfo?: readonly FeatureInfo[] };
  const large = featureInfo.filter(({ stride }) => Math.min(...imageSize) / stride >= leastSide);
  const name = (large.at(-1) ?? featureInfo.at(-1))?.name;
  return name === undefined ? undefined : `${inner ? 'backbone.' : ''}${name}`;
}

export interface ExplainOptions {
  /** Class to explain, for all images or for each. */
  classIndex: number | readonly number[];
  layer?: string | undefined;
}

/** Grad-CAM of a batch of images. */
export async function gradCamMaps(net: Net, images: tf.Tensor4D, { classIndex, layer }: ExplainOptions): Promise<Maps> {
  const at = layer ?? lastFeatureMaps(net, images.shape.slice(1, 3));
  return read(await gradCam<Net>(net, images, { classIndex, ...(at !== undefined && { layer: at }) }));
}

/** Saliency of a batch of images, smoothed over noisy copies. */
export const saliencyMaps = async (net: Net, images: tf.Tensor4D, { classIndex }: ExplainOptions): Promise<Maps> =>
  read(await saliency(net, images, { classIndex, smooth: { samples: 10 } }));

/** Pixels of a batch, image by image. */
export const pixelsOf = async (images: tf.Tensor4D): Promise<Float32Array[]> =>
  split((await images.data()) as Float32Array, images.shape[0]);
