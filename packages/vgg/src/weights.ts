import { fashionMnistRecord, torchvisionRecord, type WeightRecord } from '@zoo/core';

/** torchvision's ImageNet weights by model and name, and one small net trained here; data only. */
export const vggWeights: Readonly<Record<string, Readonly<Record<string, WeightRecord>>>> = {
  vgg11: {
    FASHION_MNIST: fashionMnistRecord({
      url: () => new URL('../weights/vgg11-fashion-mnist.safetensors', import.meta.url).href,
      sha256: '54a78a7273ff1bea4265127b939930ffc4e910a28a964c758bcf4fe76090b6bf',
      acc1: 91.2,
      options: {
        arch: [
          [1, 16],
          [1, 32],
          [1, 64],
        ],
        hiddenFeatures: 128,
        inChannels: 1,
        numClasses: 10,
      },
    }),
    IMAGENET1K_V1: torchvisionRecord({ file: 'vgg11-8a719046.pth', acc1: 69.02, acc5: 88.628 }),
  },
  vgg13: {
    IMAGENET1K_V1: torchvisionRecord({ file: 'vgg13-19584684.pth', acc1: 69.928, acc5: 89.246 }),
  },
  vgg16: {
    IMAGENET1K_V1: torchvisionRecord({ file: 'vgg16-397923af.pth', acc1: 71.592, acc5: 90.382 }),
  },
  vgg19: {
    IMAGENET1K_V1: torchvisionRecord({ file: 'vgg19-dcbb9e9d.pth', acc1: 72.376, acc5: 90.876 }),
  },
  vgg11_bn: {
    IMAGENET1K_V1: torchvisionRecord({ file: 'vgg11_bn-6002323d.pth', acc1: 70.37, acc5: 89.81 }),
  },
  vgg13_bn: {
    IMAGENET1K_V1: torchvisionRecord({ file: 'vgg13_bn-abd245e5.pth', acc1: 71.586, acc5: 90.374 }),
  },
  vgg16_bn: {
    IMAGENET1K_V1: torchvisionRecord({ file: 'vgg16_bn-6c64b313.pth', acc1: 73.36, acc5: 91.516 }),
  },
  vgg19_bn: {
    IMAGENET1K_V1: torchvisionRecord({ file: 'vgg19_bn-c79401a0.pth', acc1: 74.218, acc5: 91.842 }),
  },
};
