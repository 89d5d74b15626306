import { encodeModel, type OnnxTensor, type Program, programGraph, toModel } from '@zoo/onnx';
import type { Native, NativeTensor } from '../native/native.ts';

const shape = { x: [1, 3, 3, 32], w: [3, 3, 32, 32] };

const ramp = (length: number, period: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => (i % period) / period - 0.5);

const tensors: Record<'x' | 'w', OnnxTensor> = {
  x: { type: 'float32', shape: shape.x, data: ramp(288, 29) },
  w: { type: 'float32', shape: shape.w, data: ramp(9 * 1024, 101) },
};

const attrs = { strides: 1, pad: 'same', dataFormat: 'NHWC', dilations: 1 };

const program: Program = {
  leaves: [
    { name: 'x', type: 'float32', shape: shape.x },
    { name: 'w', type: 'float32', shape: shape.w },
  ],
  calls: [
    { kernelName: 'Conv2D', inputs: { x: { leaf: 0 }, filter: { leaf: 1 } }, attrs },
    { kernelName: 'BatchNormTraining', inputs: { x: { call: 0, result: 0 } }, attrs: { eps: 1 } },
    { kernelName: 'Relu', inputs: { x: { call: 1, result: 0 } }, attrs: {} },
    { kernelName: 'MaxPool', inputs: { x: { call: 2, result: 0 } }, attrs: { filterSize: 2, strides: 1, pad: 'same' } },
  ],
  outputs: [{ name: 'y', value: { call: 3, result: 0 } }],
};

function compute(native: Native, blockSize: number | undefined): Float32Array {
  const model = encodeModel(toModel(programGraph(program, { blockSize })));
  const options = { providers: ['cpu'], threads: 1, arena: false, optimization: 'all' } as const;
  const session = native.compile({ model, inputs: ['x', 'w'], outputs: ['y'] }, options);
  const feed = ({ data, shape: dims }: OnnxTensor): NativeTensor => new native.Tensor('float32', data, dims);
  const y = new Float32Array(shape.x.reduce((size, extent) => size * extent));
  session.run([feed(tensors.x), feed(tensors.w)], [new native.Tensor('float32', y, shape.x)]);
  session.dispose();
  return y;
}

const found = new Map<Native, number | undefined>();

/**
 * Channels per block of ONNX Runtime's blocked nodes on this CPU, or undefined where they give something else than plain ones
 * or do not exist. It follows from the width of the vector registers, which nothing here can ask for.
 */
export function probeBlockSize(native: Native, sizes: readonly number[] = [16, 8]): number | undefined {
  if (!found.has(native)) {
    const expected = compute(native, undefined);
    const fits = (size: number): boolean => {
      try {
        const actual = compute(native, size);
        return actual.every((value, i) => Math.abs(value - expected[i]!) < 1e-4);
      } catch {
        return false;
      }
    };
    found.set(native, sizes.find(fits));
  }
  return found.get(native);
}
