import { torchvisionRecord, type WeightRecord } from '@zoo/core';

/** torchvision's ImageNet weights by model and name; data only. */
export const alexnetWeights: Readonly<Record<string, Readonly<Record<string, WeightRecord>>>> = {
  alexnet: {
    IMAGENET1K_V1: torchvisionRecord({ file: 'alexnet-owt-7be5be79.pth', acc1: 56.522, acc5: 79.066 }),
  },
};
