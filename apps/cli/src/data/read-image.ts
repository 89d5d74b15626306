import { type InputSpec, ZooError } from '@zoo/core';
import { presetFor } from '@zoo/transforms';
import { decodeImage } from '@zoo/transforms/node';

/**
 * Pixels of an image file of any size as the net asks for them, `[height, width, channels]` row by row: torchvision's
 * evaluation preset with the net's sizes, mean and deviation. Colour becomes grey, or grey colour; transparency is dropped.
 * Throws `FILE_NOT_FOUND`, `CORRUPT_FILE` or `NOT_SUPPORTED`, naming the file.
 */
export async function readImage(path: string, spec: InputSpec): Promise<Float32Array> {
  if (spec.channels !== 1 && spec.channels !== 3) {
    throw new ZooError('NOT_SUPPORTED', `The net takes ${spec.channels} channels; image files give 1 or 3.`);
  }
  // The preset ends with Normalize, whose output is float32.
  return presetFor(spec).apply(await decodeImage(path)).data as Float32Array;
}
