import {
  type KernelFunc,
  type TensorInfo,
  type UnsortedSegmentSumAttrs,
  type UnsortedSegmentSumInputs,
  util,
} from '@tensorflow/tfjs-core';
import type { ReportingWebGPUBackend } from '../backend.ts';
import { flatProgram } from '../programs/flat-program.ts';

/** For every item the next one of its segment, then for every segment its first item; -1 where there is none. */
function linkProgram(numItems: number, numSegments: number) {
  return flatProgram({
    label: 'SegmentLinks',
    outputShape: [numItems + numSegments],
    variableNames: ['ids'],
    uniforms: 'numItems : i32,',
    body: `
      var start = 0;
      var id = index - uniforms.numItems;
      if (index < uniforms.numItems) {
        start = index + 1;
        id = ids[index];
      }
      var found = -1;
      for (var i = start; i < uniforms.numItems; i++) {
        if (ids[i] == id) { found = i; break; }
      }
      result[index] = found;`,
  });
}

/** Adds each segment's items in the order they come in, one column per thread. */
function sumProgram(outputShape: number[], dtype: 'f32' | 'i32') {
  return flatProgram({
    label: 'SegmentSumInOrder',
    key: dtype,
    outputShape,
    variableNames: ['x', 'links'],
    uniforms: 'numItems : i32, width : i32,',
    body: `
      let segment = index / uniforms.width;
      let column = index - segment * uniforms.width;
      var sum = ${dtype}(0);
      var i = links[uniforms.numItems + segment];
      while (i >= 0) {
        sum += x[i * uniforms.width + column];
        i = links[i];
      }
      result[index] = sum;`,
  });
}

/**
 * UnsortedSegmentSum that adds in the order of the items, where the stock kernel races with atomics: same bits every run.
 * It compares all pairs of ids, so it is meant for deterministic mode.
 */
export function orderedSegmentSum(
  backend: ReportingWebGPUBackend,
  x: TensorInfo,
  segmentIds: TensorInfo,
  numSegments: number,
): TensorInfo {
  const [numItems = 0, ...inner] = x.shape;
  const width = util.sizeFromShape(inner);
  const outputShape = [numSegments, ...inner];
  if (numItems === 0 || numSegments * width === 0) {
    const zeros = new Float32Array(numSegments * width);
    const values = x.dtype === 'float32' ? zeros : Int32Array.from(zeros);
    return backend.makeTensorInfo(outputShape, x.dtype, values);
  }
  const links = backend.runWebGPUProgram(linkProgram(numItems, numSegments), [segmentIds], 'int32', [
    { type: 'int32', data: [numItems] },
  ]);
  const program = sumProgram(outputShape, x.dtype === 'float32' ? 'f32' : 'i32');
  const sum = backend.runWebGPUProgram(program, [x, links], x.dtype, [
    { type: 'int32', data: [numItems] },
    { type: 'int32', data: [width] },
  ]);
  backend.disposeData(links.dataId);
  return sum;
}

/** The ordered sum in deterministic mode, `stock` otherwise. */
export function unsortedSegmentSum(stock: KernelFunc): KernelFunc {
  return (params) => {
    const backend = params.backend as ReportingWebGPUBackend;
    if (!backend.deterministic) return stock(params);
    const { x, segmentIds } = params.inputs as UnsortedSegmentSumInputs;
    const { numSegments } = params.attrs as unknown as UnsortedSegmentSumAttrs;
    return orderedSegmentSum(backend, x!, segmentIds!, numSegments);
  };
}
