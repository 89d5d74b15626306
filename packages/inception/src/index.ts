export { type AuxiliaryModel, auxiliaryLoss } from './auxiliary.ts';
export { BasicConv2d, Inception, InceptionAux, InceptionD2L, type InceptionWidths } from './blocks.ts';
export { GoogLeNet, type GoogLeNetOptions } from './googlenet.ts';
export { GoogLeNetD2L } from './googlenet-d2l.ts';
export { InceptionV3, type InceptionV3Options } from './inception-v3.ts';
export { InceptionA, InceptionB, InceptionC, InceptionD, InceptionE, InceptionV3Aux } from './inception-v3-blocks.ts';
export { googlenet, googlenet_d2l, inception, inception_v3 } from './variants.ts';
