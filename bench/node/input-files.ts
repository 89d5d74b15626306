import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import type { Job } from '../suite/protocol.ts';

function bytesOf(path: string): ArrayBuffer {
  const bytes = readFileSync(path);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
}

/** `[batch, channels, size, size]`, as PyTorch and ONNX take it. */
export const channelsFirst = ({ input }: Job): Float32Array => new Float32Array(bytesOf(input));

/** The same as `[batch, size, size, channels]` on the current backend. */
export async function inputTensor(job: Job): Promise<tf.Tensor> {
  const { batch, channels, size } = job;
  const values = channelsFirst(job);
  const nhwc = new Float32Array(values.length);
  const plane = size * size;
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < channels; c++) {
      for (let i = 0; i < plane; i++) nhwc[(n * plane + i) * channels + c] = values[(n * channels + c) * plane + i]!;
    }
  }
  return tf.tensor(nhwc, [batch, size, size, channels]);
}

/** `[batch]` class labels. */
export const labelTensor = ({ labels }: Job): tf.Tensor => tf.tensor1d(new Int32Array(bytesOf(labels)), 'int32');
