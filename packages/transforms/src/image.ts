import { ZooError } from '@zoo/core/base';

/** Width, height and number of channels, without pixels. */
export interface ImageShape {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** An 8-bit image, `[height, width, channels]` with the channels of a pixel side by side. */
export interface Image extends ImageShape {
  readonly data: Uint8Array;
}

/** What `ToTensor` makes of an image: float32 in the same order, ready for a NHWC tensor. */
export interface FloatImage extends ImageShape {
  readonly data: Float32Array;
}

export type AnyImage = Image | FloatImage;

export const isFloatImage = (image: AnyImage): image is FloatImage => image.data instanceof Float32Array;

/** A black image. */
export const blankImage = ({ width, height, channels }: ImageShape): Image => ({
  width,
  height,
  channels,
  data: new Uint8Array(width * height * channels),
});

/** The image as it was, if its sizes are positive integers that match its data. */
export function checkImage<I extends AnyImage>(image: I): I {
  const { width, height, channels, data } = image;
  const sizes = [height, width, channels];
  if (!sizes.every((n) => Number.isInteger(n) && n > 0) || data.length !== width * height * channels) {
    throw new ZooError(
      'SHAPE_MISMATCH',
      `An image of height, width, channels ${sizes.join(' x ')} cannot have ${data.length} values.`,
    );
  }
  return image;
}

/** The image, if it still has 8 bits; `what` names the transform that needs it so. */
export function needBytes(image: AnyImage, what: string): Image {
  if (!isFloatImage(image)) return image;
  throw new ZooError('INVALID_ARGUMENT', `${what} works on 8-bit images: put it before ToTensor.`);
}
