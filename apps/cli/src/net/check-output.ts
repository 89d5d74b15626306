import { formatShape, isZooError, ZooError } from '@zoo/core';
import type { Net } from './create-net.ts';

export interface ExpectedShapes {
  model: string;
  data: string;
  /** Shape of one image, channels last. */
  inputShape: readonly number[];
  /** Whether the data's images are resized to that shape. */
  resized?: boolean;
}

/**
 * Sends one image's shape through the net, without computing, and returns the number of classes. Throws before any time is
 * spent when the data does not fit, naming the layer, or when the output is no row of class scores.
 */
export function checkOutput(net: Net, { model, data, inputShape, resized = false }: ExpectedShapes): number {
  const shape = [1, ...inputShape];
  let output: number[];
  try {
    output = net.summary(shape).rows[0]!.outputShape;
  } catch (error) {
    if (!isZooError(error) || error.code !== 'SHAPE_MISMATCH') throw error;
    const images = `images of ${data}${resized ? ', resized,' : ''} are ${formatShape(inputShape)} (height, width, channels)`;
    throw new ZooError('SHAPE_MISMATCH', `${model} does not fit: ${images}. ${error.message}`, { cause: error });
  }
  if (output.length !== 2) {
    throw new ZooError(
      'SHAPE_MISMATCH',
      `${model} turns an image of ${data} into ${formatShape(output)}, not into one row of class scores.`,
    );
  }
  return output[1]!;
}
