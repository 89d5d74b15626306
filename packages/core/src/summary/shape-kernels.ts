import * as tf from '@tensorflow/tfjs-core';
import { numElements } from '../host-tensor.ts';

/** What a kernel would return, and how many multiply-adds it would cost. */
export interface Inferred {
  shapes: number[][];
  /** Of all outputs, or of each. */
  dtype?: tf.DataType | tf.DataType[];
  multiplyAdds?: number;
}

type Info = tf.TensorInfo;
/** Most kernels name their inputs; `AddN`, `Concat` and `Pack` number them. */
export type Inputs = { readonly [name: string]: Info };
// biome-ignore lint/suspicious/noExplicitAny: attributes differ per kernel, as in tfjs's own signatures
export type Infer = (inputs: Inputs, attrs: any) => Inferred;

const one = (shape: readonly number[], dtype?: tf.DataType): Inferred => ({
  shapes: [[...shape]],
  ...(dtype && { dtype }),
});

const firstOf = (inputs: Inputs): Info => Object.values(inputs)[0]!;
const sameAsFirst: Infer = (inputs) => one(firstOf(inputs).shape, firstOf(inputs).dtype);
const broadcast: Infer = ({ a, b }) => one(tf.backend_util.assertAndGetBroadcastShape(a!.shape, b!.shape), a!.dtype);
const comparison: Infer = ({ a, b }) => one(tf.backend_util.assertAndGetBroadcastShape(a!.shape, b!.shape), 'bool');

const reduction: Infer = ({ x }, { axis, reductionIndices, keepDims }) => {
  const axes = tf.util.parseAxisParam(axis ?? reductionIndices ?? null, x!.shape);
  const [kept] = tf.backend_util.computeOutAndReduceShapes(x!.shape, axes);
  return one(keepDims ? tf.backend_util.expandShapeToKeepDim(kept, axes) : kept, x!.dtype);
};
const toInt: Infer = (inputs, attrs) => ({
  ...reduction(inputs, { ...attrs, reductionIndices: attrs.axis }),
  dtype: 'int32',
});
const toBool: Infer = (inputs, attrs) => ({ ...reduction(inputs, attrs), dtype: 'bool' });

const pool: Infer = ({ x }, { filterSize, strides, pad, dimRoundingMode }) =>
  one(tf.backend_util.computePool2DInfo(x!.shape as Shape4, filterSize, strides, 1, pad, dimRoundingMode).outShape);

type Shape4 = [number, number, number, number];

const conv: Infer = ({ x, filter }, { strides, pad, dataFormat, dilations, dimRoundingMode }) => {
  const format = tf.backend_util.convertConv2DDataFormat(dataFormat);
  const info = tf.backend_util.computeConv2DInfo(
    x!.shape as Shape4,
    filter!.shape as Shape4,
    strides,
    dilations,
    pad,
    dimRoundingMode,
    false,
    format,
  );
  const perOutput = info.filterHeight * info.filterWidth * info.inChannels;
  return { ...one(info.outShape), multiplyAdds: numElements(info.outShape) * perOutput };
};

const depthwise: Infer = ({ x, filter }, { strides, pad, dilations, dimRoundingMode }) => {
  const info = tf.backend_util.computeConv2DInfo(
    x!.shape as Shape4,
    filter!.shape as Shape4,
    strides,
    dilations,
    pad,
    dimRoundingMode,
    true,
  );
  return { ...one(info.outShape), multiplyAdds: numElements(info.outShape) * info.filterHeight * info.filterWidth };
};

const convTranspose: Infer = ({ dy, filter }, { inputShape }) => {
  const [kh, kw, outChannels] = filter!.shape as Shape4;
  return { ...one(inputShape), multiplyAdds: numElements(dy!.shape) * kh * kw * outChannels };
};

const matMul: Infer = ({ a, b }, { transposeA, transposeB }) => {
  const [m, k] = transposeA ? [a!.shape.at(-1)!, a!.shape.at(-2)!] : [a!.shape.at(-2)!, a!.shape.at(-1)!];
  const n = transposeB ? b!.shape.at(-2)! : b!.shape.at(-1)!;
  const batch = tf.backend_util.assertAndGetBroadcastShape(a!.shape.slice(0, -2), b!.shape.slice(0, -2));
  return { ...one([...batch, m, n]), multiplyAdds: numElements(batch) * m * n * k };
};

const unary = [
  'Abs', 'Acos', 'Acosh', 'Asin', 'Asinh', 'Atan', 'Atanh', 'Ceil', 'ClipByValue', 'Cos', 'Cosh', 'Cumprod', 'Cumsum', 'Elu', 'Erf', 'Exp',
  'Expm1', 'Floor', 'Identity', 'LeakyRelu', 'Log', 'Log1p', 'LogSoftmax', 'LRN', 'Neg', 'Prelu', 'Reciprocal', 'Relu', 'Relu6', 'Reverse',
  'Round', 'Rsqrt', 'Selu', 'Sigmoid', 'Sign', 'Sin', 'Sinh', 'Softmax', 'Softplus', 'Sqrt', 'Square', 'Step', 'Tan', 'Tanh', 'ZerosLike',
  'OnesLike', 'FusedBatchNorm', 'Multinomial',
]; // biome-ignore format: a table
const binary = [
  'Add',
  'Atan2',
  'FloorDiv',
  'Maximum',
  'Minimum',
  'Mod',
  'Multiply',
  'Pow',
  'RealDiv',
  'SquaredDifference',
  'Sub',
];
const comparisons = ['Equal', 'Greater', 'GreaterEqual', 'Less', 'LessEqual', 'LogicalAnd', 'LogicalOr', 'NotEqual'];

/** Output shapes of the kernels that layers' forward passes use, by kernel name. */
export const shapeKernels: ReadonlyMap<string, Infer> = new Map<string, Infer>([
  ...unary.map((name): [string, Infer] => [name, sameAsFirst]),
  ...binary.map((name): [string, Infer] => [name, broadcast]),
  ...comparisons.map((name): [string, Infer] => [name, comparison]),
  ...['IsNan', 'IsInf', 'IsFinite', 'LogicalNot'].map((name): [string, Infer] => [name, (i) => one(firstOf(i).shape, 'bool')]),
  ...['Max', 'Min', 'Mean', 'Prod', 'Sum'].map((name): [string, Infer] => [name, reduction]),
  ...['All', 'Any'].map((name): [string, Infer] => [name, toBool]),
  ...['ArgMax', 'ArgMin'].map((name): [string, Infer] => [name, toInt]),
  ['AddN', (inputs) => one(inputs['0']!.shape)],
  ['AvgPool', pool],
  ['MaxPool', pool],
  ['BatchMatMul', matMul],
  ['_FusedMatMul', matMul],
  ['Conv2D', conv],
  ['FusedConv2D', conv],
  ['DepthwiseConv2dNative', depthwise],
  ['FusedDepthwiseConv2D', depthwise],
  ['Conv2DBackpropInput', convTranspose],
  ['BroadcastTo', (_, { shape }) => one(shape)],
  ['Cast', ({ x }, { dtype }) => one(x!.shape, dtype)],
  ['Concat', (inputs, { axis }) => {
    const shapes = Object.values(inputs).map((t) => t.shape);
    return one(tf.backend_util.computeOutShape(shapes, tf.util.parseAxisParam(axis, shapes[0]!)[0]!), inputs['0']!.dtype);
  }],
  ['ExpandDims', ({ input }, { dim }) => {
    const shape = [...input!.shape];
    shape.splice(dim < 0 ? input!.shape.length + dim + 1 : dim, 0, 1);
    return one(shape, input!.dtype);
  }],
  ['Fill', (_, { shape, dtype }) => one(shape, dtype ?? 'float32')],
  ['GatherV2', ({ x, indices }, { axis, batchDims }) => {
    const at = tf.util.parseAxisParam(axis, x!.shape)[0]!;
    return one([...x!.shape.slice(0, at), ...indices!.shape.slice(batchDims ?? 0), ...x!.shape.slice(at + 1)], x!.dtype);
  }],
  ['OneHot', ({ indices }, { depth, dtype }) => one([...indices!.shape, depth], dtype)],
  ['Pack', (inputs, { axis }) => {
    const shape = [...inputs['0']!.shape];
    shape.splice(axis < 0 ? shape.length + axis + 1 : axis, 0, Object.keys(inputs).length);
    return one(shape, inputs['0']!.dtype);
  }],
  ...['PadV2', 'MirrorPad'].map((name): [string, Infer] => [
    name,
    ({ x }, { paddings }) => one(x!.shape.map((d, i) => d + paddings[i][0] + paddings[i][1]), x!.dtype),
  ]),
  ['Range', (_, { start, stop, step }) => one([Math.max(0, Math.ceil((stop - start) / step))])],
  ['Reshape', ({ x }, { shape }) => one(tf.util.inferFromImplicitShape(shape, numElements(x!.shape)), x!.dtype)],
  ...['ResizeBilinear', 'ResizeNearestNeighbor'].map((name): [string, Infer] => [
    name,
    ({ images }, { size }) => one([images!.shape[0]!, size[0], size[1], images!.shape[3]!]),
  ]),
  ['Select', ({ t }) => one(t!.shape, t!.dtype)],
  ['Slice', ({ x }, { begin, size }) => {
    const [, sizes] = tf.slice_util.parseSliceParams(x as tf.Tensor, begin, size);
    return one(sizes as number[], x!.dtype);
  }],
  ['SplitV', ({ x }, { numOrSizeSplits, axis }) => {
    const at = tf.util.parseAxisParam(axis, x!.shape)[0]!;
    const sizes = tf.backend_util.prepareSplitSize(x as tf.Tensor, numOrSizeSplits, at);
    return { shapes: sizes.map((size) => x!.shape.map((d, i) => (i === at ? size : d))), dtype: x!.dtype };
  }],
  ['Tile', ({ x }, { reps }) => one(x!.shape.map((d, i) => d * reps[i]), x!.dtype)],
  ['TopK', ({ x }, { k }) => {
    const shape = [...x!.shape.slice(0, -1), k];
    return { shapes: [shape, shape], dtype: [x!.dtype, 'int32'] };
  }],
  ['Transpose', ({ x }, { perm }) => one(perm.map((axis: number) => x!.shape[axis]!), x!.dtype)],
  ['Unpack', ({ value }, { axis }) => {
    const at = tf.util.parseAxisParam(axis, value!.shape)[0]!;
    const shape = value!.shape.filter((_, i) => i !== at);
    return { shapes: Array.from({ length: value!.shape[at]! }, () => shape), dtype: value!.dtype };
  }],
]); // biome-ignore format: a table
