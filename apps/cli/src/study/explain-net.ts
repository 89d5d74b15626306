import type * as tf from '@tensorflow/tfjs-core';
import { FusedModel, gradCam, saliency } from '@zoo/transfer';
import type { Net } from '../net/create-net.ts';
import { HeadedNet } from '../net/headed-net.ts';

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

/** The last feature maps of a net, which Grad-CAM weighs unless told otherwise; undefined where the net names none. */
export function lastFeatureMaps(net: Net): string | undefined {
  const fused = net instanceof FusedModel || net instanceof HeadedNet;
  const inner = (fused ? net.backbone : net) as { featureInfo?: readonly { name: string }[] };
  const last = inner.featureInfo?.at(-1)?.name;
  return last === undefined ? undefined : `${fused ? 'backbone.' : ''}${last}`;
}

export interface ExplainOptions {
  /** Class to explain, for all images or for each. */
  classIndex: number | readonly number[];
  layer?: string | undefined;
}

/** Grad-CAM of a batch of images. */
export async function gradCamMaps(net: Net, images: tf.Tensor4D, { classIndex, layer }: ExplainOptions): Promise<Maps> {
  const at = layer ?? lastFeatureMaps(net);
  return read(await gradCam<Net>(net, images, { classIndex, ...(at !== undefined && { layer: at }) }));
}

/** Saliency of a batch of images, smoothed over noisy copies. */
export const saliencyMaps = async (net: Net, images: tf.Tensor4D, { classIndex }: ExplainOptions): Promise<Maps> =>
  read(await saliency(net, images, { classIndex, smooth: { samples: 10 } }));

/** Pixels of a batch, image by image. */
export const pixelsOf = async (images: tf.Tensor4D): Promise<Float32Array[]> =>
  split((await images.data()) as Float32Array, images.shape[0]);
