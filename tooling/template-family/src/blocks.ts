import { Sequential } from '@zoo/core';
import { BatchNorm2d, Conv2d, MaxPool2d, ReLU } from '@zoo/layers';

/** A 3x3 convolution, batch norm and ReLU, then pooling that halves height and width. */
export function stage(inChannels: number, outChannels: number): Sequential {
  return new Sequential(
    new Conv2d(inChannels, outChannels, 3, { padding: 1, bias: false }),
    new BatchNorm2d(outChannels),
    new ReLU(),
    new MaxPool2d(2),
  );
}
