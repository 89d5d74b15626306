import type { backend_util } from '@tensorflow/tfjs-core';
import type { WebgpuProgram } from '../backend.ts';

/** Rows, columns and depth of the tiles that a workgroup of 8 x 8 threads multiplies. */
const TILE = 32;
const DEPTH = 16;
const TARGET_WORKGROUPS = 256;
/** Partial sums beyond this many floats cost more memory than the parallelism is worth. */
const MAX_PARTIAL_SIZE = 1 << 24;

type ConvInfo = backend_util.Conv2DInfo;

/** How the sum over all output pixels is shared out among workgroups. */
export interface FilterGradientPlan {
  /** Filter rows x columns x input channels. */
  m: number;
  /** Output channels. */
  n: number;
  /** Images x output rows x output columns: the length of the sum. */
  k: number;
  splits: number;
  /** Tile steps that each split takes. */
  steps: number;
}

/** Enough splits to fill a GPU, each at least 16 steps long. Depends on the shapes alone, so results repeat. */
export function planFilterGradient(info: ConvInfo): FilterGradientPlan {
  const m = info.filterHeight * info.filterWidth * info.inChannels;
  const n = info.outChannels;
  const k = info.batchSize * info.outHeight * info.outWidth;
  const tiles = Math.ceil(m / TILE) * Math.ceil(n / TILE);
  const totalSteps = Math.ceil(k / DEPTH);
  const wanted = Math.min(Math.ceil(TARGET_WORKGROUPS / tiles), Math.ceil(totalSteps / 16));
  const splits = Math.max(1, Math.min(wanted, Math.floor(MAX_PARTIAL_SIZE / (m * n))));
  const steps = Math.ceil(totalSteps / splits);
  return { m, n, k, splits: Math.ceil(totalSteps / steps), steps };
}

/**
 * The gradient of a convolution's filter as an implicit matrix product of image patches, transposed, and output
 * gradients, both loaded tile by tile into workgroup memory. Writes one partial `[m, n]` product per split.
 */
export function filterGradientProgram(plan: FilterGradientPlan): WebgpuProgram {
  const { m, n, splits } = plan;
  const program: WebgpuProgram = {
    variableNames: ['x', 'dy'],
    uniforms: `m : i32, n : i32, k : i32, steps : i32, inHeight : i32, inWidth : i32, inChannels : i32, outHeight : i32,
      outWidth : i32, filterWidth : i32, strideY : i32, strideX : i32, padTop : i32, padLeft : i32,`,
    outputShape: [splits, m, n],
    workgroupSize: [8, 8, 1],
    dispatchLayout: { x: [2], y: [1], z: [0] },
    dispatch: [Math.ceil(n / TILE), Math.ceil(m / TILE), splits],
    shaderKey: 'zoo_FilterGradient',
    getUserCode: () => CODE,
  };
  Object.defineProperty(program, 'constructor', { value: { name: 'FilterGradient' }, enumerable: false });
  return program;
}

/** Values of the program's uniforms, in their order. */
export function filterGradientUniforms(plan: FilterGradientPlan, info: ConvInfo): { type: string; data: number[] }[] {
  return [
    plan.m,
    plan.n,
    plan.k,
    plan.steps,
    info.inHeight,
    info.inWidth,
    info.inChannels,
    info.outHeight,
    info.outWidth,
    info.filterWidth,
    info.strideHeight,
    info.strideWidth,
    info.padInfo.top,
    info.padInfo.left,
  ].map((value) => ({ type: 'int32', data: [value] }));
}

// 64 threads load 32 values of two depths at a time, so each keeps one row of patches and one output channel throughout.
// Loop bounds come from uniforms only: barriers need control flow that is uniform by proof.
const CODE = `
var<workgroup> patches : array<array<f32, ${TILE}>, ${DEPTH}>;
var<workgroup> gradients : array<array<f32, ${TILE}>, ${DEPTH}>;

fn main() {
  let column = i32(localId.x);
  let row = i32(localId.y);
  let lane = i32(localIndex) % ${TILE};
  let depth = i32(localIndex) / ${TILE};
  let firstRow = i32(workgroupId.y) * ${TILE};
  let firstColumn = i32(workgroupId.x) * ${TILE};
  let split = i32(workgroupId.z);

  let loadRow = firstRow + lane;
  let channel = loadRow % uniforms.inChannels;
  let tap = loadRow / uniforms.inChannels;
  let tapY = tap / uniforms.filterWidth - uniforms.padTop;
  let tapX = tap % uniforms.filterWidth - uniforms.padLeft;
  let loadColumn = firstColumn + lane;

  var sum0 = vec4<f32>(0.0);
  var sum1 = vec4<f32>(0.0);
  var sum2 = vec4<f32>(0.0);
  var sum3 = vec4<f32>(0.0);
  for (var step = 0; step < uniforms.steps; step++) {
    let firstPixel = (split * uniforms.steps + step) * ${DEPTH};
    for (var d = depth; d < ${DEPTH}; d += 2) {
      let pixel = firstPixel + d;
      var patchValue = 0.0;
      var gradient = 0.0;
      if (pixel < uniforms.k) {
        let outRow = pixel / uniforms.outWidth;
        let image = outRow / uniforms.outHeight;
        let y = (outRow - image * uniforms.outHeight) * uniforms.strideY + tapY;
        let xAt = (pixel - outRow * uniforms.outWidth) * uniforms.strideX + tapX;
        if (loadRow < uniforms.m && y >= 0 && y < uniforms.inHeight && xAt >= 0 && xAt < uniforms.inWidth) {
          patchValue = x[((image * uniforms.inHeight + y) * uniforms.inWidth + xAt) * uniforms.inChannels + channel];
        }
        if (loadColumn < uniforms.n) { gradient = dy[pixel * uniforms.n + loadColumn]; }
      }
      patches[d][lane] = patchValue;
      gradients[d][lane] = gradient;
    }
    workgroupBarrier();

    for (var d = 0; d < ${DEPTH}; d++) {
      let g = vec4<f32>(
        gradients[d][column], gradients[d][column + 8], gradients[d][column + 16], gradients[d][column + 24]);
      sum0 += patches[d][row] * g;
      sum1 += patches[d][row + 8] * g;
      sum2 += patches[d][row + 16] * g;
      sum3 += patches[d][row + 24] * g;
    }
    workgroupBarrier();
  }

  var sums = array<vec4<f32>, 4>(sum0, sum1, sum2, sum3);
  for (var i = 0; i < 4; i++) {
    for (var j = 0; j < 4; j++) {
      let outRow = firstRow + row + 8 * i;
      let outColumn = firstColumn + column + 8 * j;
      if (outRow < uniforms.m && outColumn < uniforms.n) {
        result[(split * uniforms.m + outRow) * uniforms.n + outColumn] = sums[i][j];
      }
    }
  }
}
`;
