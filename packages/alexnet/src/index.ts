export { AlexNet, AlexNetD2L, type AlexNetOptions } from './alexnet.ts';
export { alexnet, alexnet_d2l, alexnetFamily } from './variants.ts';
