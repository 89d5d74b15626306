import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelCall } from '../native/engine.ts';
import { nativeOf } from '../native/native.ts';

interface Mapping {
  alignCorners: boolean;
  halfPixelCenters: boolean;
}

/** Fields of the C struct `Mix` of native/resize.c for one output line: first and second input line, weight of the second. */
type Mix = [first: number, second: number, weight: number];

type Mixes = (from: number, to: number, mapping: Mapping) => Mix[];

const step = (from: number, to: number, alignCorners: boolean): number =>
  alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;

/** Where tfjs's ResizeBilinear reads, along one axis. */
const bilinear: Mixes = (from, to, { alignCorners, halfPixelCenters }) =>
  Array.from({ length: to }, (_, i) => {
    const scale = step(from, to, alignCorners);
    const source = halfPixelCenters ? scale * (i + 0.5) - 0.5 : scale * i;
    const first = Math.max(0, Math.floor(source));
    return [first, Math.min(from - 1, Math.ceil(source)), source - first];
  });

/** Where tfjs's ResizeNearestNeighbor reads, along one axis. */
const nearest: Mixes = (from, to, { alignCorners, halfPixelCenters }) =>
  Array.from({ length: to }, (_, i) => {
    const source = step(from, to, alignCorners) * (halfPixelCenters ? i + 0.5 : i);
    const index = Math.min(from - 1, alignCorners ? Math.round(source) : Math.floor(source));
    return [index, index, 0];
  });

const floatBits = (value: number): number => new Int32Array(Float32Array.of(value).buffer)[0]!;

function resizeGrad(mixes: Mixes) {
  return ({
    inputs: { images, dy },
    attrs,
    backend,
  }: KernelCall<{ images: TensorInfo; dy: TensorInfo }, Mapping>): TensorInfo => {
    const [n, h, w, c] = images.shape as [number, number, number, number];
    const [, oh, ow] = dy.shape as [number, number, number, number];
    const lines = [...mixes(h, oh, attrs), ...mixes(w, ow, attrs)];
    const native = nativeOf(backend);
    const dx = native.output(images.shape);
    const fields = lines.flatMap(([first, second, weight]) => [first, second, floatBits(weight)]);
    native.kernels.resize_grad(native.struct([n, h, w, c, oh, ow, ...fields]), native.address(dy), native.address(dx));
    return dx;
  };
}

/** Gradients of resizing. tfjs's own ignore `halfPixelCenters`. */
export const resizeBilinearGrad = resizeGrad(bilinear);
export const resizeNearestNeighborGrad = resizeGrad(nearest);
