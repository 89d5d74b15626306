import { ZooError } from '@zoo/core';
import type { Image } from '@zoo/transforms';

/** Classes of Pascal VOC's segmentation by index. */
export const vocClassNames: readonly string[] = [
  ...['background', 'aeroplane', 'bicycle', 'bird', 'boat', 'bottle', 'bus', 'car', 'cat', 'chair', 'cow'],
  ...['diningtable', 'dog', 'horse', 'motorbike', 'person', 'pottedplant', 'sheep', 'sofa', 'train', 'tvmonitor'],
];

/** The index of border and "difficult" pixels, which losses and metrics leave out. */
export const vocIgnoreIndex = 255;

/**
 * Pascal VOC's colour of every index, `[256, 3]`: the index's bits, dealt to red, green and blue from the highest bit of
 * each down. 1 is (128, 0, 0), 255 is (224, 224, 192). As `VOClabelcolormap` of VOC's development kit.
 */
export function vocColormap(): Uint8Array {
  const colours = new Uint8Array(256 * 3);
  for (let index = 0; index < 256; index++) {
    for (let bit = 0; bit < 8; bit++) {
      for (let channel = 0; channel < 3; channel++) {
        const on = ((index >> (3 * bit)) >> channel) & 1;
        colours[3 * index + channel]! |= on << (7 - bit);
      }
    }
  }
  return colours;
}

const packed = (data: Uint8Array, at: number): number => (data[at]! << 16) | (data[at + 1]! << 8) | data[at + 2]!;

let indexByColour: Map<number, number> | undefined;

function colourTable(): Map<number, number> {
  if (!indexByColour) {
    const colours = vocColormap();
    indexByColour = new Map(Array.from({ length: 256 }, (_, index) => [packed(colours, 3 * index), index]));
  }
  return indexByColour;
}

/**
 * The class index of every pixel of a mask in VOC's colours, one channel. Throws `CORRUPT_FILE` naming the mask and the
 * first colour that is none of `numClasses` (21 unless given) and not the border's.
 */
export function vocColorsToLabels(
  colours: Image,
  { numClasses = 21, name = 'mask' }: { numClasses?: number; name?: string } = {},
): Image {
  const { width, height, channels, data } = colours;
  if (channels !== 3) throw new ZooError('SHAPE_MISMATCH', `${name}: a colour mask has 3 channels, got ${channels}.`);
  const table = colourTable();
  const labels = new Uint8Array(width * height);
  let before = -1;
  let label = 0;
  for (let pixel = 0; pixel < labels.length; pixel++) {
    const colour = packed(data, 3 * pixel);
    if (colour !== before) {
      const index = table.get(colour);
      if (index === undefined || (index >= numClasses && index !== vocIgnoreIndex)) {
        const [r, g, b] = data.subarray(3 * pixel, 3 * pixel + 3);
        const place = `pixel ${pixel % width}, ${Math.floor(pixel / width)}`;
        const hint = 'Masks are lossless PNG files in the colours of Pascal VOC.';
        throw new ZooError('CORRUPT_FILE', `${name}: colour (${r}, ${g}, ${b}) at ${place} is no class. ${hint}`);
      }
      before = colour;
      label = index;
    }
    labels[pixel] = label;
  }
  return { width, height, channels: 1, data: labels };
}

/** A mask of class indices, such as a net's prediction, as an image in VOC's colours. */
export function vocLabelsToColors(labels: { width: number; height: number; data: ArrayLike<number> }): Image {
  const { width, height, data } = labels;
  const colours = vocColormap();
  const out = new Uint8Array(3 * width * height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const index = data[pixel]!;
    if (!Number.isInteger(index) || index < 0 || index > 255) {
      throw new ZooError('INVALID_ARGUMENT', `Class indices are 0 to 255, pixel ${pixel} has ${index}.`);
    }
    out.set(colours.subarray(3 * index, 3 * index + 3), 3 * pixel);
  }
  return { width, height, channels: 3, data: out };
}
