import { type HostTensor, toFloat32 } from '@zoo/core';

/**
 * A convolution kernel `[out, in, h, w]` for another number of input channels, as timm's `adapt_input_conv`: to one
 * channel by the sum over all, which suits grey images; to n by repeating the channels in turn, scaled by in / n so that
 * the output keeps its size. Returns float32.
 * Source: https://github.com/huggingface/pytorch-image-models/blob/main/timm/models/_manipulate.py
 */
export function adaptFirstKernel(kernel: HostTensor, channels: number): HostTensor {
  const [out, given, height, width] = kernel.shape as [number, number, number, number];
  const values = toFloat32(kernel);
  const area = height * width;
  const data = new Float32Array(out * channels * area);
  for (let o = 0; o < out; o++) {
    for (let c = 0; c < channels; c++) {
      const target = (o * channels + c) * area;
      for (let i = 0; i < area; i++) {
        if (channels === 1) {
          let sum = 0;
          for (let g = 0; g < given; g++) sum += values[(o * given + g) * area + i]!;
          data[target + i] = sum;
        } else {
          data[target + i] = values[(o * given + (c % given)) * area + i]! * (given / channels);
        }
      }
    }
  }
  return { dtype: 'float32', shape: [out, channels, height, width], data };
}
