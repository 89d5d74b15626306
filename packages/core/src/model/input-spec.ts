import type { InputSpec } from '../plugin.ts';

export interface InputSpecOptions {
  channels?: number;
  /** Side of the square images; default 224. */
  size?: number;
  /** Side of the resize before the centre crop; default 256 where the images are 224. */
  resize?: number;
}

/** What torchvision's ImageNet presets feed: ImageNet's mean and deviation for RGB, plain [0, 1] for other channels. */
export function imagenetInput({
  channels = 3,
  size = 224,
  resize = Math.round((size * 256) / 224),
}: InputSpecOptions = {}): InputSpec {
  const spec = { ...plainInput({ channels, size }), resize };
  return channels === 3 ? { ...spec, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } : spec;
}

/** Images scaled to [0, 1], as course notes feed them. */
export const plainInput = ({ channels = 1, size = 28 }: InputSpecOptions = {}): InputSpec => ({
  size: [size, size],
  channels,
  mean: new Array<number>(channels).fill(0),
  std: new Array<number>(channels).fill(1),
  interpolation: 'bilinear',
});
