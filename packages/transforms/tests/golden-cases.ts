import { imagenetInput } from '@zoo/core';
import { fillUniform } from '@zoo/testing';
import {
  type AnyImage,
  CenterCrop,
  Grayscale,
  type Image,
  type Interpolation,
  type Operation,
  Pad,
  presetFor,
  Resize,
  runOperations,
} from '@zoo/transforms';

interface Bytes {
  shape: number[];
  uint8: number[];
}

interface Floats {
  shapeCHW: number[];
  values: number[];
}

/** Results of torchvision on PIL images: one entry per transform and source image. */
export interface TransformFile {
  image: { height: number; width: number; smooth: number[] };
  [name: string]: Bytes | Floats | TransformFile['image'];
}

const fixed: Record<string, (image: Image) => AnyImage> = {
  resize_20x30_bilinear: (image) => new Resize([20, 30]).apply(image),
  resize_short_32_bilinear: (image) => new Resize(32).apply(image),
  resize_up_90x70_bilinear: (image) => new Resize([90, 70]).apply(image),
  center_crop_24: (image) => new CenterCrop(24).apply(image),
  center_crop_larger_70: (image) => new CenterCrop(70).apply(image),
  grayscale3: (image) => new Grayscale({ channels: 3 }).apply(image),
  pad_2_3: (image) => new Pad([2, 3]).apply(image),
  resized_crop_5_7_30_40_to_24: (image) =>
    runOperations(image, [
      { op: 'crop', top: 5, left: 7, height: 30, width: 40 },
      { op: 'resize', height: 24, width: 24, interpolation: 'bilinear' },
    ]),
  imagenet_eval_32_28: (image) => presetFor(imagenetInput({ size: 28, resize: 32 })).apply(image),
};

function run(name: string, image: Image): AnyImage {
  const transform = fixed[name];
  if (transform) return transform(image);
  const [kind = '', value = ''] = name.split(/_(?=[^_]*$)/);
  if (kind === 'resize_20x30') return new Resize([20, 30], { interpolation: value as Interpolation }).apply(image);
  const step = value === '' ? { op: kind } : { op: kind, factor: Number(value) };
  return runOperations(image, [step as Operation]);
}

const reorder = ({ width, height, channels, data }: AnyImage): number[] =>
  Array.from({ length: data.length }, (_, i) => {
    const pixel = i % (width * height);
    return data[pixel * channels + Math.floor(i / (width * height))]!;
  });

/** How far each case is from the golden values: the largest difference in levels, or in the 8 digits kept of a float32. */
export function goldenDifferences(file: TransformFile): { name: string; difference: number }[] {
  const { width, height, smooth } = file.image;
  const noise = Uint8Array.from(fillUniform('image', width * height * 3), (u) => Math.floor(u * 256));
  const images: Record<string, Image> = {
    noise: { width, height, channels: 3, data: noise },
    smooth: { width, height, channels: 3, data: Uint8Array.from(smooth) },
  };
  return Object.entries(file)
    .filter(([name]) => name !== 'image')
    .map(([name, golden]) => {
      const [transform = '', source = ''] = name.split('/');
      const result = run(transform, images[source]!);
      const bytes = 'uint8' in golden;
      const ours = bytes ? result.data : reorder(result).map((value) => Number(value.toPrecision(8)));
      const theirs = bytes ? golden.uint8 : (golden as Floats).values;
      const shape = [result.height, result.width, result.channels].join();
      const expected = bytes
        ? golden.shape.join()
        : [...(golden as Floats).shapeCHW.slice(1), (golden as Floats).shapeCHW[0]].join();
      if (shape !== expected || ours.length !== theirs.length) return { name, difference: Number.POSITIVE_INFINITY };
      return { name, difference: theirs.reduce((max, value, i) => Math.max(max, Math.abs(value - ours[i]!)), 0) };
    });
}
