import * as tf from '@tensorflow/tfjs-core';
import { fillInput } from '@zoo/testing';

/** A plain array with its shape, to compute expected values from definitions. */
export interface Values {
  data: Float32Array;
  shape: number[];
}

export const values = (name: string, shape: number[]): Values => ({
  data: fillInput(
    name,
    shape.reduce((n, d) => n * d, 1),
  ),
  shape,
});

export const toTensor = ({ data, shape }: Values): tf.Tensor => tf.tensor(data, shape);

const at = ({ data, shape }: Values, ...index: number[]): number =>
  data[index.reduce((offset, i, axis) => offset * shape[axis]! + i, 0)]!;

type Pair = [number, number];

export interface NaiveWindow {
  stride: Pair;
  /** Before height and width. */
  padding: Pair;
  dilation: Pair;
  groups: number;
}

/** Calls `visit` for every product of a convolution of `[n, h, w, in]` with `[kh, kw, in / groups, out]`. */
function eachProduct(
  shapes: { input: number[]; kernel: number[]; output: number[] },
  { stride, padding, dilation, groups }: NaiveWindow,
  visit: (input: number[], kernel: number[], output: number[]) => void,
): void {
  const [n, oh, ow, out] = shapes.output as [number, number, number, number];
  const [kh, kw, perGroup] = shapes.kernel as [number, number, number];
  for (let b = 0; b < n; b++)
    for (let i = 0; i < oh; i++)
      for (let j = 0; j < ow; j++)
        for (let o = 0; o < out; o++) {
          const group = Math.floor(o / (out / groups));
          for (let a = 0; a < kh; a++)
            for (let e = 0; e < kw; e++) {
              const y = i * stride[0] - padding[0] + a * dilation[0];
              const x = j * stride[1] - padding[1] + e * dilation[1];
              if (y < 0 || x < 0 || y >= shapes.input[1]! || x >= shapes.input[2]!) continue;
              for (let c = 0; c < perGroup; c++) visit([b, y, x, group * perGroup + c], [a, e, c, o], [b, i, j, o]);
            }
        }
}

/** Convolution by definition. */
export function naiveConv2d(x: Values, kernel: Values, outputSize: Pair, window: NaiveWindow): Float32Array {
  const output = [x.shape[0]!, ...outputSize, kernel.shape[3]!];
  const y: Values = { data: new Float32Array(output.reduce((n, d) => n * d, 1)), shape: output };
  eachProduct({ input: x.shape, kernel: kernel.shape, output }, window, (xi, ki, yi) => {
    add(y, yi, at(x, ...xi) * at(kernel, ...ki));
  });
  return y.data;
}

/** The adjoint of a convolution by definition: `x` takes the output's place; `kernel` is `[kh, kw, out / groups, in]`. */
export function naiveConvTranspose2d(x: Values, kernel: Values, outputSize: Pair, window: NaiveWindow): Float32Array {
  const input = [x.shape[0]!, ...outputSize, kernel.shape[2]! * window.groups];
  const y: Values = { data: new Float32Array(input.reduce((n, d) => n * d, 1)), shape: input };
  eachProduct({ input, kernel: kernel.shape, output: x.shape }, window, (yi, ki, xi) => {
    add(y, yi, at(x, ...xi) * at(kernel, ...ki));
  });
  return y.data;
}

function add(y: Values, index: number[], value: number): void {
  const offset = index.reduce((sum, i, axis) => sum * y.shape[axis]! + i, 0);
  y.data[offset]! += value;
}

/** Values of one channel of one image in `[top, bottom)` x `[left, right)`, clipped to the image. */
export function pixelsIn(x: Values, b: number, c: number, rows: Pair, columns: Pair): number[] {
  const found: number[] = [];
  for (let y = Math.max(0, rows[0]); y < Math.min(x.shape[1]!, rows[1]); y++)
    for (let e = Math.max(0, columns[0]); e < Math.min(x.shape[2]!, columns[1]); e++) found.push(at(x, b, y, e, c));
  return found;
}
