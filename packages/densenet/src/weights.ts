import { torchvisionRecord, type WeightRecord } from '@zoo/core';

/** The files still have the dotted names of old PyTorch, `norm.1` for `norm1`. */
const keyMap = (key: string): string => key.replace(/(\.denselayer\d+\.(?:norm|conv))\.([12]\.)/, '$1$2');

/** torchvision's ImageNet weights by model and name; data only. */
export const densenetWeights: Readonly<Record<string, Readonly<Record<string, WeightRecord>>>> = {
  densenet121: {
    IMAGENET1K_V1: torchvisionRecord({ file: 'densenet121-a639ec97.pth', acc1: 74.434, acc5: 91.972, keyMap }),
  },
  densenet161: {
    IMAGENET1K_V1: torchvisionRecord({ file: 'densenet161-8d451a50.pth', acc1: 77.138, acc5: 93.56, keyMap }),
  },
  densenet169: {
    IMAGENET1K_V1: torchvisionRecord({ file: 'densenet169-b2777c0a.pth', acc1: 75.6, acc5: 92.806, keyMap }),
  },
  densenet201: {
    IMAGENET1K_V1: torchvisionRecord({ file: 'densenet201-c1103571.pth', acc1: 76.896, acc5: 93.37, keyMap }),
  },
};
