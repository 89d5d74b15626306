export { BasicBlock, Bottleneck } from './blocks.ts';
export { ResNet, type ResNetConfig, type ResNetOptions } from './resnet.ts';
export { Residual, ResNetD2L, type ResNetD2LOptions } from './resnet-d2l.ts';
export {
  resnet,
  resnet18,
  resnet18_d2l,
  resnet34,
  resnet50,
  resnet101,
  resnet152,
  resnext50_32x4d,
  resnext101_32x8d,
  wide_resnet50_2,
  wide_resnet101_2,
} from './variants.ts';
