import type { Native } from './native.ts';

/** Sizes of a 2-D convolution, NHWC with an [kh, kw, c, o] filter. */
export interface ConvSizes {
  n: number;
  h: number;
  w: number;
  c: number;
  o: number;
  kh: number;
  kw: number;
  oh: number;
  ow: number;
  sh: number;
  sw: number;
  dh: number;
  dw: number;
  top: number;
  left: number;
}

const structLength = 18;
const packedDepth = 256; // KC of native/kernels.h
const packedRows = 96; // MC

/**
 * Up to this many values side by side under one row of the filter, splitting images into planes beats gathering patches
 * (measured: 1 to 3 channels with 5 x 5 filters; the products win from 6 channels on).
 */
const planarWidth = 15;

const isPlanar = (s: ConvSizes): boolean => s.kw * s.c <= planarWidth;

/** Extent of one plane: the output's grid and what its taps reach beyond. */
const planeRows = (s: ConvSizes): number => s.oh + Math.floor(((s.kh - 1) * s.dh) / s.sh);
const planeCols = (s: ConvSizes): number => s.ow + Math.floor(((s.kw - 1) * s.dw) / s.sw);

const planarFloats = (s: ConvSizes): number =>
  s.c * s.sh * s.sw * planeRows(s) * planeCols(s) + planeCols(s) + 16 + s.kh * s.kw * s.c;

/** Neighbouring taps are gathered together where their channels fit the packing buffer. */
const gatherRun = (s: ConvSizes): number => (s.dw === 1 && s.kw * s.c <= packedDepth ? s.kw : 1);

/** Writes the C struct `Conv` of native/kernels.h; its address is valid until the next struct. */
function write(native: Native, s: ConvSizes, run: number, scratchFloats: number): number {
  const scratch = native.scratch(Math.max(1, scratchFloats));
  const taps = native.structAddress(structLength + 2 * s.kh * s.kw) + 4 * structLength;
  const fields = [s.n, s.h, s.w, s.c, s.oh, s.ow, s.o, s.sh, s.sw, taps, s.kh * s.kw, run];
  fields.push(-s.top, -s.left, planeRows(s), planeCols(s), scratch, native.workspace);
  for (let y = 0; y < s.kh; y++) for (let x = 0; x < s.kw; x++) fields.push(y * s.dh - s.top, x * s.dw - s.left);
  return native.struct(fields);
}

/** `out[n, oh, ow, o]` = convolution of `x[n, h, w, c]` with `filter`. Arguments are addresses, here and below. */
export function convForward(native: Native, s: ConvSizes, x: number, filter: number, out: number): void {
  if (isPlanar(s)) {
    const packedFilter = Math.ceil(s.o / 6) * 6 * s.kh * s.kw * s.c;
    native.kernels.conv_planar(write(native, s, 1, planarFloats(s) + packedFilter), x, filter, out);
  } else {
    native.kernels.conv_gemm(write(native, s, gatherRun(s), 0), x, filter, out);
  }
}

/** `dx[n, h, w, c]` of the convolution for `dy[n, oh, ow, o]`. */
export function convInputGrad(native: Native, s: ConvSizes, dy: number, filter: number, dx: number): void {
  const cols = s.kh * s.kw * s.c;
  const floats = Math.ceil(cols / 8) * 8 * s.o + packedRows * cols;
  native.kernels.conv_input_gemm(write(native, s, s.dw === 1 ? s.kw : 1, floats), dy, filter, dx);
}

/** `dw[kh, kw, c, o]` of the convolution for `x[n, h, w, c]` and `dy[n, oh, ow, o]`. */
export function convFilterGrad(native: Native, s: ConvSizes, x: number, dy: number, dw: number): void {
  if (isPlanar(s)) {
    const gradients = s.o * Math.ceil((s.oh * planeCols(s)) / 4) * 4;
    native.kernels.conv_filter_planar(write(native, s, 1, planarFloats(s) + gradients), x, dy, dw);
  } else {
    native.kernels.conv_filter_gemm(write(native, s, gatherRun(s), 0), x, dy, dw);
  }
}
