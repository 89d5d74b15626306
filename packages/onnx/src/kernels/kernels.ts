import { sizeOf } from '../graph/shape.ts';
import type { TensorType } from '../graph/term.ts';
import { arrangeKernels } from './arrange.ts';
import { batchNormTrainingKernels } from './batch-norm-training.ts';
import { conv2dKernels } from './conv2d.ts';
import { depthwiseKernels } from './depthwise.ts';
import { elementwiseKernels } from './elementwise.ts';
import { indexKernels } from './index-by.ts';
import { inputList, type KernelCall, type KernelMapping } from './mapping.ts';
import { matMulKernels } from './mat-mul.ts';
import { mergingKernels } from './merging.ts';
import { normalizeKernels } from './normalize.ts';
import { pieceKernels } from './pieces.ts';
import { poolKernels } from './pool.ts';
import { reductionKernels } from './reduction.ts';
import { resizeKernels } from './resize.ts';

const mappings = new Map<string, KernelMapping>(
  Object.entries({
    ...elementwiseKernels,
    ...mergingKernels,
    ...reductionKernels,
    ...arrangeKernels,
    ...pieceKernels,
    ...indexKernels,
    ...matMulKernels,
    ...conv2dKernels,
    ...depthwiseKernels,
    ...poolKernels,
    ...normalizeKernels,
    ...batchNormTrainingKernels,
    ...resizeKernels,
  }),
);

/** Names of the tfjs kernels that are written in ONNX, at least for some of their inputs. */
export const mappedKernels = (): string[] => [...mappings.keys()].sort();

/**
 * Types of the results of a kernel call, or undefined where ONNX cannot express it: an unknown kernel, element types that it
 * lacks, or tensors without elements.
 */
export function inferCall(kernelName: string, call: KernelCall<TensorType>): readonly TensorType[] | undefined {
  const mapping = mappings.get(kernelName);
  const isEmpty = ({ shape }: TensorType) => sizeOf(shape) === 0;
  if (!mapping || inputList(call).some(isEmpty)) return undefined;
  const results = mapping.infer(call);
  return results?.some(isEmpty) ? undefined : results;
}

/** The mapping of a kernel; `inferCall` has accepted the call before. */
export const mappingOf = (kernelName: string): KernelMapping => mappings.get(kernelName)!;
