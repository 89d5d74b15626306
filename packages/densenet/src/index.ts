export { DenseBlock, DenseLayer, transition } from './blocks.ts';
export { DenseNet, type DenseNetConfig, type DenseNetOptions } from './densenet.ts';
export {
  convBlock,
  DenseBlockD2L,
  DenseNetD2L,
  type DenseNetD2LConfig,
  type DenseNetD2LOptions,
} from './densenet-d2l.ts';
export {
  densenet,
  densenet_cifar,
  densenet_d2l,
  densenet_d2l_maxhead,
  densenet121,
  densenet161,
  densenet169,
  densenet201,
} from './variants.ts';
