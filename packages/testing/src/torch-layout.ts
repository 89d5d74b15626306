import * as tf from '@tensorflow/tfjs-core';
import { type Parameter, permuteAxes } from '@zoo/core';

/** PyTorch-ordered values as a runtime tensor: rank 4 goes from NCHW to NHWC, other ranks stay. */
export function fromTorch(values: Float32Array, shape: readonly number[]): tf.Tensor {
  if (shape.length !== 4) return tf.tensor(values, [...shape]);
  const [n, c, h, w] = shape as [number, number, number, number];
  return tf.tensor4d(permuteAxes(values, shape, [0, 2, 3, 1]), [n, h, w, c]);
}

/** The values of a runtime tensor in PyTorch's order. */
export async function toTorch(tensor: tf.Tensor): Promise<Float32Array> {
  const values = (await tensor.data()) as Float32Array;
  return tensor.rank === 4 ? permuteAxes(values, tensor.shape, [0, 3, 1, 2]) : values;
}

/** A gradient in the layout of its parameter's state-dict entry. */
export async function gradientToTorch(parameter: Parameter, gradient: tf.Tensor): Promise<Float32Array> {
  return permuteAxes((await gradient.data()) as Float32Array, parameter.runtimeShape, parameter.toTorchAxes);
}
