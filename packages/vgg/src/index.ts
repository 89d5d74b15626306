export {
  vgg,
  vgg11,
  vgg11_bn,
  vgg11_d2l,
  vgg11_d2l_small,
  vgg13,
  vgg13_bn,
  vgg16,
  vgg16_bn,
  vgg19,
  vgg19_bn,
} from './variants.ts';
export { VGG, type VGGBlock, type VGGConfig, type VGGOptions, vggBlock } from './vgg.ts';
