import { timmRecord, torchvisionRecord, type WeightRecord } from '@zoo/core';

/** The files still have the dotted names of old PyTorch, `norm.1` for `norm1`. */
const keyMap = (key: string): string => key.replace(/(\.denselayer\d+\.(?:norm|conv))\.([12]\.)/, '$1$2');

/** ImageNet weights of torchvision (`IMAGENET1K_...`) and timm (by timm's tag) by model and name; data only. */
export const densenetWeights: Readonly<Record<string, Readonly<Record<string, WeightRecord>>>> = {
  densenet121: {
    IMAGENET1K_V1: torchvisionRecord({ file: 'densenet121-a639ec97.pth', acc1: 74.434, acc5: 91.972, keyMap }),
    ra_in1k: timmRecord({ repo: 'timm/densenet121.ra_in1k', acc1: 76.5, acc5: 93.368, size: 288, cropPct: 0.95 }),
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
