import { ZooError } from '@zoo/core/base';
import { blankImage, type Image } from '../image.ts';

/** `reflect` leaves the edge pixel out, `symmetric` repeats it. */
export type PaddingMode = 'constant' | 'edge' | 'reflect' | 'symmetric';

/** One value for every channel, or one value for each. */
export type Fill = number | readonly number[];

export interface PadOptions {
  left: number;
  top: number;
  right: number;
  bottom: number;
  fill: Fill;
  mode: PaddingMode;
}

/** One value per channel. */
export function fillValues(fill: Fill, channels: number): readonly number[] {
  if (typeof fill === 'number') return new Array<number>(channels).fill(fill);
  if (fill.length === channels) return fill;
  throw new ZooError(
    'SHAPE_MISMATCH',
    `A fill of ${fill.length} values does not fit an image of ${channels} channels; give one value for each, or one number.`,
  );
}

/** Source index of each padded position along an axis, as `numpy.pad` finds it; -1 where the fill goes. */
function indices(size: number, before: number, after: number, mode: PaddingMode): Int32Array {
  const result = new Int32Array(before + size + after);
  // Both mirror modes repeat with this period, so that padding may exceed the image.
  const period = mode === 'reflect' ? Math.max(1, 2 * (size - 1)) : 2 * size;
  for (let i = 0; i < result.length; i++) {
    const position = i - before;
    if (position >= 0 && position < size) result[i] = position;
    else if (mode === 'constant') result[i] = -1;
    else if (mode === 'edge') result[i] = position < 0 ? 0 : size - 1;
    else {
      const wrapped = ((position % period) + period) % period;
      result[i] = wrapped < size ? wrapped : mode === 'reflect' ? period - wrapped : period - 1 - wrapped;
    }
  }
  return result;
}

/** torchvision's `pad` of a PIL image. */
export function pad(image: Image, { left, top, right, bottom, fill, mode }: PadOptions): Image {
  const { channels, data } = image;
  const values = fillValues(fill, channels);
  const columns = indices(image.width, left, right, mode);
  const rows = indices(image.height, top, bottom, mode);
  const out = blankImage({ width: columns.length, height: rows.length, channels });
  let target = 0;
  for (const y of rows) {
    for (const x of columns) {
      const source = (y * image.width + x) * channels;
      for (let channel = 0; channel < channels; channel++) {
        out.data[target++] = x < 0 || y < 0 ? values[channel]! : data[source + channel]!;
      }
    }
  }
  return out;
}
