import * as tf from '@tensorflow/tfjs-core';
import { interpolateBilinear } from '@zoo/layers';
import { invalid, whole } from '../options.ts';

/** A fixed way to look at images, `[n, h, w, c]` to `[n, h', w', c]`. */
export interface View {
  readonly name: string;
  apply(images: tf.Tensor4D): tf.Tensor4D;
}

/** The images as they are. */
export const identity = (): View => ({ name: 'identity', apply: (images) => images });

/** Left and right exchanged. */
export const horizontalFlip = (): View => ({ name: 'horizontalFlip', apply: (images) => tf.reverse(images, 2) });

/** One view after the other. */
const composed = (first: View, second: View): View => ({
  name: `${first.name} ${second.name}`,
  apply: (images) => second.apply(first.apply(images)),
});

/** Python's `round`, which torchvision centres crops by: halves go to the even number. */
function roundHalfToEven(x: number): number {
  const rounded = Math.round(x);
  return Math.abs(x % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

const corners = {
  topLeft: [0, 0],
  topRight: [0, 1],
  bottomLeft: [1, 0],
  bottomRight: [1, 1],
  center: [0.5, 0.5],
} as const;

function crop(place: keyof typeof corners, [height, width]: readonly [number, number]): View {
  return {
    name: place,
    apply: (images) => {
      const [n, h, w, c] = images.shape;
      if (height > h || width > w) throw invalid(`a crop of ${height} x ${width} does not fit images of ${h} x ${w}.`);
      const [down, right] = corners[place];
      const top = roundHalfToEven((h - height) * down);
      const left = roundHalfToEven((w - width) * right);
      return tf.slice(images, [0, top, left, 0], [n, height, width, c]);
    },
  };
}

function toSize(owner: string, size: number | readonly [number, number]): readonly [number, number] {
  const [height, width] = typeof size === 'number' ? [size, size] : size;
  return [whole(owner, 'size', height, 1), whole(owner, 'size', width, 1)];
}

/** The four corners and the centre at `size` (a side, or height and width): torchvision's FiveCrop, in its order. */
export function fiveCrop(size: number | readonly [number, number]): View[] {
  const window = toSize('fiveCrop', size);
  return (Object.keys(corners) as Array<keyof typeof corners>).map((place) => crop(place, window));
}

/** `fiveCrop` of the images, then of the images flipped left to right: torchvision's TenCrop, in its order. */
export function tenCrop(size: number | readonly [number, number]): View[] {
  const crops = fiveCrop(size);
  return [...crops, ...crops.map((view) => composed(horizontalFlip(), view))];
}

/** The images resized by `factor` (bilinear), for nets that take images of any size. */
export function scaled(factor: number): View {
  if (!(factor > 0 && Number.isFinite(factor))) throw invalid(`scaled: the factor must be > 0, got ${factor}.`);
  return {
    name: `scaled ${factor}`,
    apply: (images) => {
      const [, h, w] = images.shape;
      const size = [Math.max(1, Math.round(h * factor)), Math.max(1, Math.round(w * factor))] as const;
      return factor === 1 ? images : interpolateBilinear(images, { size });
    },
  };
}
