import type { InputSpec } from '@zoo/core';
import type { Transform } from './transform.ts';
import { CenterCrop } from './transforms/center-crop.ts';
import { Compose } from './transforms/compose.ts';
import { Grayscale } from './transforms/grayscale.ts';
import { Resize } from './transforms/resize.ts';
import { Normalize, ToTensor } from './transforms/to-tensor.ts';

/**
 * What a net expects of an image, from its `inputSpec`: torchvision's evaluation preset Resize, CenterCrop, ToTensor,
 * Normalize. Nets of one channel get luminance; without `resize` in the spec, images are resized to the net's size.
 */
export function presetFor({ size, channels, mean, std, interpolation, resize }: InputSpec): Compose {
  const toChannels: Transform[] = channels === 1 ? [new Grayscale()] : [];
  const toSize: Transform[] =
    resize === undefined
      ? [new Resize(size, { interpolation })]
      : [new Resize(resize, { interpolation }), new CenterCrop(size)];
  return new Compose([...toChannels, ...toSize, new ToTensor(), new Normalize(mean, std)]);
}
