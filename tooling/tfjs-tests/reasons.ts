import type { Expected, SpecResult } from './results.ts';

/** The one reason under which a spec may fail that the stock backend passes. */
export const asInPyTorch =
  "a window with NaN in it has NaN as its maximum, as PyTorch's; the spec wants it passed over";

/**
 * Why specs fail that no change of ours is meant to mend. The first pattern that matches a spec's name and messages counts.
 * A failure that none matches has to be looked into before it can be listed.
 */
const reasons: readonly [pattern: RegExp, reason: string][] = [
  // All backends
  [
    /Kernel '(Complex|Real|Imag|ComplexAbs|FFT|IFFT)' not registered/,
    'complex numbers and Fourier transforms: the backend has no such kernels, and no layer uses them',
  ],
  [
    /Kernel '(Ragged\w+|Sparse\w+|String\w+|StaticRegexReplace|DenseBincount|SearchSorted|Unique|BitwiseAnd|Transform|MaxPoolWithArgmax|NonMaxSuppressionV[45])' not registered/,
    'strings, ragged and sparse tensors, search and detection helpers: the backend has no such kernels, and no layer uses them',
  ],
  [/maxPool\w* \w+ \{.*ignores NaNs/, asInPyTorch],
  [/NCHW/, 'the backend computes in NHWC only, as all layers do; NCHW is refused with an error'],

  // libtensorflow
  [
    /supports only 'valid' and 'same' padding/,
    "libtensorflow pads 'valid' and 'same' only; the layers pad by themselves on this backend",
  ],
  [
    /tensorflow \{\}[\s\S]*not in the list of allowed values/,
    'libtensorflow has the operation, but not for this dtype',
  ],
  [/einsum tensorflow/, 'libtensorflow accepts the equation that tfjs refuses'],
  [/sign tensorflow/, "libtensorflow's sign(NaN) is NaN, as PyTorch's; the spec wants 0"],
  [/scatterND tensorflow/, 'libtensorflow checks the shape of scatterND more strictly than the spec'],
  [/multinomial tensorflow/, "libtensorflow's random numbers have a seed of their own"],
  [/round tensorflow \{\} int32/, 'tfjs-node rounds int32 through another dtype; integers need no rounding'],
  [/unique tensorflow \{\} 1d tensor with NaN/, 'libtensorflow counts every NaN as a value of its own'],
  [/tan (tensorflow|ort) \{\} numbers exceed/, 'the argument is beyond float32 accuracy'],
  [
    /avgPool3d tensorflow \{\} x=\[1,1,1,1,1\]/,
    'libtensorflow refuses a window larger than the input where the spec wants an empty output',
  ],
  [
    /conv2dTranspose tensorflow[\s\S]*could not create a primitive/,
    'oneDNN inside libtensorflow 2.21 has no such convolution: filter larger than the image',
  ],

  // ONNX Runtime
  [
    /gather ort[\s\S]*out of bound/,
    'calls are recorded: the error of an index out of bounds comes when a result is read',
  ],

  // wasm and webgpu
  [
    /wasm \{\}[\s\S]*(Unknown dtype string|Aborted\(\)|string comparison)/,
    'string tensors: the wasm heap holds numbers only',
  ],
  [/threshold (wasm|webgpu)/, 'the bincount of a matrix counts every row apart on this backend; no layer counts'],
  [
    /pool wasm[\s\S]*fractional outputs/,
    'a window wholly in the padding has no maximum or mean; PyTorch and the layers refuse such padding',
  ],
  [/slice2d wasm/, 'tfjs-wasm does not check the bounds of a slice; the layers slice within them'],
  [/gather webgpu[\s\S]*out of bound/, 'a shader cannot throw: an index out of bounds reads 0'],
  [/sparseSegment(Mean|Sum) webgpu/, 'a shader cannot throw: bad segment ids are not refused'],
  [
    /(cos|tan|exp) webgpu/,
    'WGSL leaves the accuracy of these functions to the GPU and its driver, and the spec is stricter',
  ],
  [/fromPixels, mock canvas webgpu/, 'needs a real canvas: WebGPU copies from it'],
];

/** Files every failure under a reason: the listed one if it has one already, else by its messages. */
export function groupByReason(
  results: readonly SpecResult[],
  listed: Expected,
): { expected: Expected; unexplained: SpecResult[] } {
  const known = new Map(
    Object.entries(listed).flatMap(([reason, names]) => names.map((name) => [name, reason] as const)),
  );
  const expected: Expected = {};
  const unexplained: SpecResult[] = [];
  for (const result of results) {
    if (result.status !== 'failed') continue;
    const text = `${result.name}\n${result.messages.join('\n')}`;
    const reason = reasons.find(([pattern]) => pattern.test(text))?.[1] ?? known.get(result.name);
    if (reason === undefined) unexplained.push(result);
    else expected[reason] = [...(expected[reason] ?? []), result.name];
  }
  for (const names of Object.values(expected)) names.sort();
  return { expected, unexplained };
}
