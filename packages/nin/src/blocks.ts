import { Sequential } from '@zoo/core';
import { Conv2d, type Conv2dOptions, init, ReLU } from '@zoo/layers';

/** A convolution and two of 1x1, each with ReLU (the notes' `nin_block`). */
export function ninBlock(
  inChannels: number,
  outChannels: number,
  kernelSize: number,
  options: Pick<Conv2dOptions, 'stride' | 'padding'> = {},
): Sequential {
  const weights = { weightInit: init.xavierUniform() };
  const pixelwise = () => new Conv2d(outChannels, outChannels, 1, weights);
  return new Sequential(
    new Conv2d(inChannels, outChannels, kernelSize, { ...options, ...weights }),
    new ReLU(),
    pixelwise(),
    new ReLU(),
    pixelwise(),
    new ReLU(),
  );
}
