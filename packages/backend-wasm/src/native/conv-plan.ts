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

interface Tap {
  dy: number;
  dx: number;
  weights: number;
}

/** The C struct `Conv` of native/kernels.h; strides in elements, addresses in bytes. */
interface ConvPlan {
  src: number;
  n: number;
  h: number;
  w: number;
  c: number;
  weights: number;
  wc: number;
  wo: number;
  dst: number;
  dn: number;
  di: number;
  dj: number;
  o: number;
  ph: number;
  pw: number;
  sh: number;
  sw: number;
  taps: Tap[];
}

const structLength = 25;

// Up to this many source channels, splitting images into planes beats gathering patches.
const planarChannels = 16;

interface Planes {
  minDy: number;
  minDx: number;
  hq: number;
  wq: number;
}

function planesOf(plan: ConvPlan): Planes {
  const dys = plan.taps.map((t) => t.dy);
  const dxs = plan.taps.map((t) => t.dx);
  const minDy = Math.min(...dys);
  const minDx = Math.min(...dxs);
  return {
    minDy,
    minDx,
    hq: plan.ph + Math.floor((Math.max(...dys) - minDy) / plan.sh),
    wq: plan.pw + Math.floor((Math.max(...dxs) - minDx) / plan.sw),
  };
}

const planarFloats = (plan: ConvPlan, p: Planes): number => plan.c * plan.sh * plan.sw * p.hq * p.wq + p.wq + 16;

function write(native: Native, plan: ConvPlan, planes: Planes, scratch: number): number {
  const length = structLength + 3 * plan.taps.length;
  const taps = native.structAddress(length) + structLength * 4;
  const { minDy, minDx, hq, wq } = planes;
  const fields = [plan.src, plan.n, plan.h, plan.w, plan.c, plan.weights, plan.wc, plan.wo];
  fields.push(plan.dst, plan.dn, plan.di, plan.dj, plan.o, plan.ph, plan.pw, plan.sh, plan.sw);
  fields.push(taps, plan.taps.length, minDy, minDx, hq, wq, scratch, native.workspace);
  for (const tap of plan.taps) fields.push(tap.dy, tap.dx, tap.weights);
  return native.struct(fields);
}

function forwardTaps(s: ConvSizes): Tap[] {
  const taps: Tap[] = [];
  for (let y = 0; y < s.kh; y++) {
    for (let x = 0; x < s.kw; x++) {
      taps.push({ dy: y * s.dh - s.top, dx: x * s.dw - s.left, weights: (y * s.kw + x) * s.c * s.o });
    }
  }
  return taps;
}

function run(native: Native, plan: ConvPlan): void {
  const planes = planesOf(plan);
  const k = plan.taps.length * plan.c;
  if (plan.c <= planarChannels) {
    const floats = planarFloats(plan, planes) + Math.ceil(plan.o / 6) * 6 * k + k;
    native.kernels.conv_planar(write(native, plan, planes, native.scratch(floats)));
  } else {
    native.kernels.conv_gemm(write(native, plan, planes, 0));
  }
}

/** `out[n, oh, ow, o]` = convolution of `x[n, h, w, c]` with `filter`. */
export function convForward(native: Native, s: ConvSizes, x: number, filter: number, out: number): void {
  run(native, {
    ...{ src: x, n: s.n, h: s.h, w: s.w, c: s.c },
    ...{ weights: filter, wc: s.o, wo: 1, o: s.o },
    ...{ dst: out, dn: s.oh * s.ow * s.o, di: s.ow * s.o, dj: s.o },
    ...{ ph: s.oh, pw: s.ow, sh: s.sh, sw: s.sw, taps: forwardTaps(s) },
  });
}

/** Taps of one axis that reach pixels of phase `a`, and the step from such a pixel to its output. */
function phaseTaps(
  a: number,
  size: number,
  stride: number,
  dilation: number,
  pad: number,
): { k: number; step: number }[] {
  const taps: { k: number; step: number }[] = [];
  for (let k = 0; k < size; k++) {
    const distance = a + pad - k * dilation;
    if (distance % stride === 0) taps.push({ k, step: distance / stride });
  }
  return taps;
}

/**
 * `dx[n, h, w, c]` of the convolution for `dy[n, oh, ow, o]`: one stride-1 convolution of dy per stride phase of the image.
 * `dx` must be zero where a stride exceeds the filter, since such phases are left alone.
 */
export function convInputGrad(native: Native, s: ConvSizes, dy: number, filter: number, dx: number): void {
  for (let a = 0; a < Math.min(s.sh, s.h); a++) {
    for (let b = 0; b < Math.min(s.sw, s.w); b++) {
      const taps: Tap[] = [];
      for (const y of phaseTaps(a, s.kh, s.sh, s.dh, s.top)) {
        for (const x of phaseTaps(b, s.kw, s.sw, s.dw, s.left)) {
          taps.push({ dy: y.step, dx: x.step, weights: (y.k * s.kw + x.k) * s.c * s.o });
        }
      }
      if (taps.length === 0) continue;
      run(native, {
        ...{ src: dy, n: s.n, h: s.oh, w: s.ow, c: s.o },
        ...{ weights: filter, wc: 1, wo: s.o, o: s.c },
        ...{ dst: dx + (a * s.w + b) * s.c * 4, dn: s.h * s.w * s.c, di: s.sh * s.w * s.c, dj: s.sw * s.c },
        ...{ ph: Math.ceil((s.h - a) / s.sh), pw: Math.ceil((s.w - b) / s.sw), sh: 1, sw: 1, taps },
      });
    }
  }
}

/** `dw[kh, kw, c, o]` of the convolution for `x[n, h, w, c]` and `dy[n, oh, ow, o]`. */
export function convFilterGrad(native: Native, s: ConvSizes, x: number, dy: number, dw: number): void {
  const plan: ConvPlan = {
    ...{ src: x, n: s.n, h: s.h, w: s.w, c: s.c },
    ...{ weights: dy, wc: 0, wo: 0, o: s.o },
    ...{ dst: dw, dn: 0, di: 0, dj: 0 },
    ...{ ph: s.oh, pw: s.ow, sh: s.sh, sw: s.sw, taps: forwardTaps(s) },
  };
  const planes = planesOf(plan);
  if (s.c <= planarChannels) {
    const length = Math.ceil((s.oh * planes.wq) / 4) * 4;
    const floats = planarFloats(plan, planes) + s.o * length + plan.taps.length * s.c;
    native.kernels.conv_filter_planar(write(native, plan, planes, native.scratch(floats)));
  } else {
    native.kernels.conv_filter_gemm(write(native, plan, planes, 0));
  }
}
