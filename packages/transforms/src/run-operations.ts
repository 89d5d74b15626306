import { ZooError } from '@zoo/core/base';
import { type AnyImage, type Image, isFloatImage, needBytes } from './image.ts';
import { type Operation, quarterTurns } from './operation.ts';
import { inverseAffineMatrix, rotationMatrix } from './pixels/affine-matrix.ts';
import { adjustBrightness, adjustContrast, adjustSaturation, adjustSharpness } from './pixels/blend.ts';
import { crop, flipHorizontally, flipVertically, turn, type Window } from './pixels/crop.ts';
import { erase } from './pixels/erase.ts';
import { normalize, toFloat, toNormalizedFloat } from './pixels/float.ts';
import { toGrayscale } from './pixels/grayscale.ts';
import { adjustHue } from './pixels/hue.ts';
import { autocontrast, equalize, invert, posterize, solarize } from './pixels/lookup.ts';
import { pad } from './pixels/pad.ts';
import { resize } from './pixels/resize.ts';
import { warp } from './pixels/warp.ts';

const adjust = {
  brightness: adjustBrightness,
  contrast: adjustContrast,
  saturation: adjustSaturation,
  hue: adjustHue,
  sharpness: adjustSharpness,
};

function rotate(image: Image, step: Extract<Operation, { op: 'rotate' }>): Image {
  const turns = quarterTurns(image, step);
  if (turns !== undefined) return turns === 0 ? image : turn(image, turns);
  const { interpolation, fill } = step;
  return warp(image, { ...rotationMatrix({ ...step, width: image.width, height: image.height }), interpolation, fill });
}

function affine(image: Image, step: Extract<Operation, { op: 'affine' }>): Image {
  const { width, height } = image;
  const matrix = inverseAffineMatrix(step, step.center ?? [width * 0.5, height * 0.5]);
  return warp(image, { matrix, width, height, interpolation: step.interpolation, fill: step.fill });
}

function runBytes(image: Image, step: Operation): AnyImage {
  switch (step.op) {
    case 'resize':
      return resize(image, step);
    case 'pad':
      return pad(image, step);
    case 'rotate':
      return rotate(image, step);
    case 'affine':
      return affine(image, step);
    case 'brightness':
    case 'contrast':
    case 'saturation':
    case 'hue':
    case 'sharpness':
      return adjust[step.op](image, step.factor);
    case 'grayscale':
      return toGrayscale(image, step.channels);
    case 'posterize':
      return posterize(image, step.bits);
    case 'solarize':
      return solarize(image, step.threshold);
    case 'autocontrast':
      return autocontrast(image);
    case 'equalize':
      return equalize(image);
    case 'invert':
      return invert(image);
    case 'toTensor':
      return toFloat(image);
    default:
      return runAny(image, step);
  }
}

/** Steps that work on bytes and floats alike. */
function runAny(image: AnyImage, step: Operation): AnyImage {
  switch (step.op) {
    case 'crop':
      return crop(image, step);
    case 'hflip':
      return flipHorizontally(image);
    case 'vflip':
      return flipVertically(image);
    case 'erase':
      return erase(image, step, step.eraser);
    case 'normalize':
      return normalize(isFloatImage(image) ? image : toFloat(image), step.mean, step.std);
    default:
      return runBytes(needBytes(image, `'${step.op}'`), step);
  }
}

const contains = (size: { width: number; height: number }, { top, left, width, height }: Window): boolean =>
  top >= 0 && left >= 0 && top + height <= size.height && left + width <= size.width;

/** Joins steps whose combination costs less and gives the same: a resize that is cropped, ToTensor with Normalize. */
function joined(steps: readonly Operation[]): Operation[] {
  const result: Operation[] = [];
  for (const step of steps) {
    const last = result.at(-1);
    if (step.op === 'crop' && last?.op === 'resize' && !last.window && contains(last, step)) {
      const { top, left, height, width } = step;
      result[result.length - 1] = { ...last, window: { top, left, height, width } };
    } else if (step.op === 'normalize' && last?.op === 'toTensor') {
      result[result.length - 1] = step;
    } else result.push(step);
  }
  return result;
}

const runStep = (image: AnyImage, step: Operation): AnyImage => {
  if (isFloatImage(image)) return runAny(image, step);
  return step.op === 'normalize' ? toNormalizedFloat(image, step.mean, step.std) : runBytes(image, step);
};

/** The image after all steps. */
export function runOperations(image: AnyImage, steps: readonly Operation[]): AnyImage {
  return joined(steps).reduce<AnyImage>(runStep, image);
}

/** The image after all steps, which must end in floats, written to `out`. */
export function runInto(image: AnyImage, steps: readonly Operation[], out: Float32Array): void {
  const list = joined(steps);
  const last = list.pop();
  const before = list.reduce<AnyImage>(runStep, image);
  if (last?.op === 'normalize' && !isFloatImage(before)) toNormalizedFloat(before, last.mean, last.std, out);
  else if (last?.op === 'toTensor' && !isFloatImage(before)) toFloat(before, out);
  else {
    const after = last ? runStep(before, last) : before;
    if (!isFloatImage(after))
      throw new ZooError('INVALID_ARGUMENT', 'The transform gives bytes: end it with ToTensor.');
    out.set(after.data);
  }
}

/** What one step means for a mask of class indices: geometry by nearest neighbour, colour not at all. */
function forMask(step: Operation, fill: number): Operation[] {
  switch (step.op) {
    case 'resize':
      return [{ ...step, interpolation: 'nearest' }];
    case 'rotate':
    case 'affine':
      return [{ ...step, interpolation: 'nearest', fill }];
    case 'pad':
      return [{ ...step, fill }];
    case 'crop':
    case 'hflip':
    case 'vflip':
      return [step];
    default:
      return [];
  }
}

/** The mask after the geometric ones of the steps; where it has no pixel it gets `fill`. */
export function runOnMask(mask: Image, steps: readonly Operation[], fill: number): Image {
  return joined(steps.flatMap((step) => forMask(step, fill))).reduce<Image>(
    (current, step) =>
      step.op === 'crop' ? crop(current, step, fill) : needBytes(runBytes(current, step), 'A mask transform'),
    mask,
  );
}
