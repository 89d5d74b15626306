import { util } from '@tensorflow/tfjs-core';
import type { KernelAttrs, KernelInputs } from '../fallback/cpu-fallback.ts';

/** The shape of the result, for kernels whose result is the input's data under another shape; else undefined. */
export function sharedShape(kernelName: string, inputs: KernelInputs, attrs: KernelAttrs): number[] | undefined {
  const isCast = kernelName === 'Cast' && attrs['dtype'] === inputs['x']!.dtype;
  if (!isCast && kernelName !== 'Identity' && kernelName !== 'Reshape' && kernelName !== 'ExpandDims') return undefined;
  const x = (inputs['x'] ?? inputs['input'])!;
  const size = util.sizeFromShape(x.shape);
  let { shape } = x;
  if (kernelName === 'Reshape') shape = util.inferFromImplicitShape(attrs['shape'] as number[], size);
  if (kernelName === 'ExpandDims') {
    const dim = attrs['dim'] as number;
    util.assert(
      -(shape.length + 1) <= dim && dim <= shape.length,
      () => `Axis must be in the interval [${-(shape.length + 1)}, ${shape.length}]`,
    );
    const at = dim < 0 ? shape.length + 1 + dim : dim;
    shape = [...shape.slice(0, at), 1, ...shape.slice(at)];
  }
  util.assert(
    util.sizeFromShape(shape) === size,
    () => `new shape: ${shape}, old shape: ${x.shape}. New shape and old shape must have the same number of elements.`,
  );
  return shape;
}
