import * as tf from '@tensorflow/tfjs-core';
import { numElements } from '../host-tensor.ts';
import { type Infer, type Inferred, type Inputs, shapeKernels } from '../summary/shape-kernels.ts';

// biome-ignore lint/suspicious/noExplicitAny: attributes differ per kernel, as in tfjs's own signatures
type Attrs = any;

const like =
  (name: string): Infer =>
  (inputs) => ({ shapes: [[...inputs[name]!.shape]] });
const ofAttribute =
  (name: string): Infer =>
  (_, attrs) => ({ shapes: [[...attrs[name]]] });

/** Output shapes of kernels that gradients use beside those of forward passes. */
const gradientShapes: ReadonlyMap<string, Infer> = new Map([
  ['AvgPoolGrad', like('input')],
  ['AvgPool3DGrad', like('input')],
  ['MaxPoolGrad', like('input')],
  ['MaxPool3DGrad', like('input')],
  ['EluGrad', like('dy')],
  ['LRNGrad', like('x')],
  ['ResizeBilinearGrad', like('images')],
  ['ResizeNearestNeighborGrad', like('images')],
  ['Conv2DBackpropFilter', ofAttribute('filterShape')],
  ['Conv3DBackpropFilterV2', ofAttribute('filterShape')],
  ['Conv3DBackpropInputV2', ofAttribute('inputShape')],
  ['DepthwiseConv2dNativeBackpropFilter', ofAttribute('filterShape')],
  ['DepthwiseConv2dNativeBackpropInput', ofAttribute('inputShape')],
  ['UnsortedSegmentSum', ({ x }, { numSegments }) => ({ shapes: [[numSegments, ...x!.shape.slice(1)]], dtype: x!.dtype })],
]); // biome-ignore format: a table

/** What kernels make of nothing, where their output has elements all the same: a sum is 0, a mean NaN. */
const overNothing: ReadonlyMap<string, (attrs: Attrs) => number> = new Map([
  ...['Any', 'BatchMatMul', 'Conv2D', 'Conv2DBackpropInput', 'Sum', 'UnsortedSegmentSum'].map((name) => [name, () => 0] as const),
  ...['Conv2DBackpropFilter', 'Conv3DBackpropFilterV2', 'DepthwiseConv2dNativeBackpropFilter'].map((name) => [name, () => 0] as const),
  ['All', () => 1],
  ['Prod', () => 1],
  ['Mean', () => Number.NaN],
  ['Max', () => Number.NEGATIVE_INFINITY],
  ['Min', () => Number.POSITIVE_INFINITY],
  ['PadV2', ({ constantValue }: Attrs) => constantValue],
]); // biome-ignore format: a table

/** Kernels that give their input's data another shape, which needs no elements. */
const sharing: ReadonlySet<string> = new Set(['Identity', 'Reshape']);

const isEmpty = (info: tf.TensorInfo | undefined): boolean => info?.shape.includes(0) ?? false;

const hasEmpty = (inputs: object): boolean => {
  for (const name in inputs) if (isEmpty((inputs as Inputs)[name])) return true;
  return false;
};

function outputsOf(kernelName: string, inputs: Inputs, attrs: Attrs): Inferred | undefined {
  const infer = shapeKernels.get(kernelName) ?? gradientShapes.get(kernelName);
  return infer?.(inputs, attrs);
}

/** The kernel's results by shapes alone; undefined where they depend on values. */
function withoutValues(
  kernelName: string,
  { inputs, attrs = {}, backend }: { inputs: Inputs; attrs?: Attrs; backend: unknown },
): tf.TensorInfo[] | undefined {
  const outputs = outputsOf(kernelName, inputs, attrs);
  const fill = overNothing.get(kernelName);
  if (!outputs || (!fill && !outputs.shapes.every((shape) => shape.includes(0)))) return undefined;
  const { shapes, dtype = 'float32' } = outputs;
  return shapes.map((shape, i) => {
    const type = (typeof dtype === 'string' ? dtype : dtype[i]!) as 'float32' | 'int32' | 'bool';
    const values = tf.util.getTypedArrayFromDType(type, numElements(shape)).fill(fill?.(attrs) ?? 0);
    return { dataId: (backend as tf.KernelBackend).write(values, shape, type), shape, dtype: type };
  });
}

const guarded = new WeakSet<tf.KernelFunc>();

/**
 * Lets the kernels of a backend take tensors without elements, such as a batch of no images, as PyTorch's do. Engines divide by zero,
 * refuse buffers of no bytes or give results of another shape. Does nothing where that was done.
 */
export function acceptEmptyTensors(backendName: string): void {
  for (const config of tf.getKernelsForBackend(backendName)) {
    const { kernelName, kernelFunc: run } = config;
    if (sharing.has(kernelName) || guarded.has(run)) continue;
    const guard: tf.KernelFunc = (call) => {
      if (!hasEmpty(call.inputs)) return run(call);
      const inputs = call.inputs as Inputs;
      const results = withoutValues(kernelName, { ...call, inputs });
      if (results) return results.length === 1 ? results[0]! : results;
      if (kernelName !== tf.Concat) return run(call);
      const parts = Object.values(inputs).filter((part) => !isEmpty(part));
      if (parts.length === 1)
        return tf.getKernel(tf.Identity, backendName).kernelFunc({ ...call, inputs: { x: parts[0]! } });
      return run({ ...call, inputs: parts as unknown as typeof call.inputs });
    };
    guarded.add(guard);
    // In place: backends tell their own kernels by their entries.
    config.kernelFunc = guard;
  }
}
