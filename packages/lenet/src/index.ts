export type { LeNetConfig } from './blocks.ts';
export { LeNet, type LeNetOptions } from './lenet.ts';
export { lenet, lenet_bn, lenet_maxpool, lenet5, lenet5_relu } from './variants.ts';
