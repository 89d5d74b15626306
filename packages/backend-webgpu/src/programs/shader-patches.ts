import type { DataType } from '@tensorflow/tfjs-core';
import { ZooError } from '@zoo/core';

/** Rewrites the body of one stock shader; `replace` refuses silently changed text. */
type Patch = (code: string) => string;

function replace(code: string, from: string | RegExp, to: string): string {
  const patched = code.replace(from, to);
  if (patched === code) {
    throw new ZooError(
      'BACKEND_FAILED',
      `A WebGPU shader is not the one of tfjs 4.22.0: '${from}' is not in it. Install exactly that version.`,
    );
  }
  return patched;
}

/**
 * Gradient shaders divide a coordinate by the stride in float and keep it when `fract` is 0. WGSL division may be off by
 * 2.5 ULP, which drops terms for strides that are no power of two; this quotient is exact, with .5 for "does not divide".
 */
const EXACT_QUOTIENT = `
fn exactQuotient(a : i32, b : i32) -> f32 {
  if (a < 0) { return -1.0; }
  let q = a / b;
  return f32(q) + select(0.5, 0.0, q * b == a);
}
`;

const exactStrides: Patch = (code) => {
  const stride = String.raw`f32\((uniforms\.strides(?:\.[xy]|\[\d\]))\)`;
  const summed = new RegExp(String.raw`\(f32\((\w+)\) \+ f32\((\w+)\)\) / ${stride}`, 'g');
  const plain = new RegExp(String.raw`f32\(((?:[^()])+)\) / ${stride}`, 'g');
  return EXACT_QUOTIENT + replace(code.replace(summed, 'f32($1 + $2) / f32($3)'), plain, 'exactQuotient($1, $2)');
};

/** Keeps int32 and bool out of float, where the general form does not compile and the tiled one rounds above 2^24. */
const integerTranspose: Patch = (code) =>
  replace(code, /setOutputAtIndex\(flatIndex, A\[/g, 'setOutputAtIndexI32(flatIndex, A[');

const integerTiledTranspose: Patch = (code) =>
  replace(
    replace(replace(code, 'array<array<f32,', 'array<array<i32,'), '= f32(A[y * width + x])', '= A[y * width + x]'),
    'setOutputAtIndex(',
    'setOutputAtIndexI32(',
  );

/** Maximum that starts at -Infinity, not -1e20, and keeps NaN on every GPU, which `max(a, b)` leaves open in WGSL. */
const maxPool: Patch = (code) =>
  replace(
    replace(code, '-1.0 / pow(10.0, -20.0)', '-uniforms.INFINITY'),
    'resultValue = max(value, resultValue);',
    'if (isnan(value) || (!isnan(resultValue) && value > resultValue)) { resultValue = value; }',
  );

/** First of equal maxima, also among infinities, or the last NaN: where PyTorch sends the gradient. */
const maxPoolPositions: Patch = (code) =>
  replace(
    replace(code, 'let currMaxValue = mix(value, maxValue, maxValueFound);', ''),
    'if (value >= currMaxValue)',
    'if (maxValueFound == 0.0 || isnan(value) || (!isnan(maxValue) && value > maxValue))',
  );

/** A gradient of NaN goes to the maximum alone, where `0 * NaN` would reach the whole window. */
const maxPoolBackprop: Patch = (code) =>
  replace(exactStrides(code), 'dotProd += dyValue * mask;', 'dotProd += select(0.0, dyValue, mask > 0.0);');

const LOG = `
  if (isnan(a) || a < 0.0) { return uniforms.NAN; }
  if (a == 0.0) { return -uniforms.INFINITY; }
  if (a == uniforms.INFINITY) { return a; }
`;

const log: Patch = (code) => replace(code, 'return log(a);', `${LOG} return log(a);`);

/** WGSL's log is only right to 2^-21 next to 1; there log1p is 2 atanh(a / (2 + a)) by its series, to 1e-7. */
const log1p: Patch = (code) =>
  replace(
    code,
    'return log(1.0 + a);',
    `if (a < -1.0) { return uniforms.NAN; }
  if (a == -1.0) { return -uniforms.INFINITY; }
  if (a == uniforms.INFINITY) { return a; }
  if (abs(a) < 0.4) {
    let s = a / (2.0 + a);
    let q = s * s;
    return 2.0 * s * (1.0 + q * (0.33333333 + q * (0.2 + q * (0.14285714 + q * 0.11111111))));
  }
  return log(1.0 + a);`,
  );

/** Returns NaN for NaN before anything else is done, whose result for NaN WGSL leaves open. */
const NAN_FIRST = 'if (isnan(a)) { return a; }';

const propagateNaN =
  (statement: string): Patch =>
  (code) =>
    replace(code, statement, `${NAN_FIRST} ${statement}`);

/** Taylor's series next to 0, where `exp(a) - 1` cancels. */
const expm1: Patch = (code) =>
  replace(
    code,
    'return exp(a) - 1.0;',
    `${NAN_FIRST}
  if (abs(a) < 0.3) {
    return a * (1.0 + a / 2.0 * (1.0 + a / 3.0 * (1.0 + a / 4.0 * (1.0 + a / 5.0 * (1.0 + a / 6.0 * (1.0 + a / 7.0))))));
  }
  return exp(a) - 1.0;`,
  );

const sigmoid: Patch = (code) =>
  replace(code, 'return 1.0 / (1.0 + exp(-1.0 * a));', `${NAN_FIRST} return 1.0 / (1.0 + exp(-a));`);

/** One NaN or Infinity makes its row NaN. */
const softmax: Patch = (code) =>
  replace(
    replace(
      code,
      'let subExp = exp(getLogits(row, col) - rowMaxShared);',
      `let logit = getLogits(row, col);
        let subExp = select(exp(logit - rowMaxShared), uniforms.NAN, isnan(logit) || logit == uniforms.INFINITY);`,
    ),
    'let value = exp(getLogits(row, col) - rowMaxShared) / rowSumShared;',
    `let quotient = exp(getLogits(row, col) - rowMaxShared) / rowSumShared;
        let value = select(quotient, uniforms.NAN, isnan(rowSumShared));`,
  );

const always: Record<string, Patch> = {
  avgPool2DBackprop: exactStrides,
  avgPool3DBackprop: exactStrides,
  maxPool2DBackprop: maxPoolBackprop,
  maxPool3DBackprop: maxPoolBackprop,
  conv2DDerInput: exactStrides,
  conv2DDerInputMM: exactStrides,
  conv3DDerInput: exactStrides,
  depthwise_conv2d_backprop_input: exactStrides,
  // tfjs numbers its unary operations.
  unary_2: propagateNaN('return acosh(a);'),
  unary_4: propagateNaN('return asinh(a);'),
  unary_6: propagateNaN('return atanh(a);'),
  unary_10: propagateNaN('if (a >= 0.0) { return a; }'),
  unary_12: propagateNaN('return exp(a);'),
  unary_13: expm1,
  unary_19: log,
  unary_20: log1p,
  unary_24: propagateNaN('return clamp(a, 0.0, 6.0);'),
  unary_29: propagateNaN('if (a >= 0.0) {'),
  unary_30: sigmoid,
  unary_34: propagateNaN('if (too_large) {'),
  softmax,
};

/** The correction of a stock shader, by the key tfjs caches it under, or undefined where it is right as it is. */
export function patchFor(shaderKey: string, dtype: DataType): Patch | undefined {
  const exact = always[shaderKey];
  if (exact) return exact;
  const end = shaderKey.indexOf('_');
  const family = end < 0 ? shaderKey : shaderKey.slice(0, end);
  switch (family) {
    case 'conv2DDerInput':
    case 'conv2DDerInputMM':
      return exactStrides;
    case 'transpose':
      return dtype === 'float32' ? undefined : integerTranspose;
    case 'transposeShared':
      return dtype === 'float32' ? undefined : integerTiledTranspose;
    case 'pool2D':
    case 'pool3D':
      if (shaderKey.startsWith('max_true', end + 1)) return maxPoolPositions;
      return shaderKey.startsWith('max', end + 1) ? maxPool : undefined;
    default:
      return undefined;
  }
}

/** The cache key of a program, completed where tfjs leaves out a constant that its code holds. */
export function completeKey(shaderKey: string, outputShape: readonly number[]): string {
  return shaderKey.startsWith('cum_') ? `${shaderKey}_${outputShape.at(-1)}` : shaderKey;
}
