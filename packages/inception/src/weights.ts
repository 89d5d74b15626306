import { torchvisionRecord, type WeightRecord } from '@zoo/core';

/** The file has auxiliary classifiers, but untrained ones. */
const withoutAux = (key: string): string | undefined => (/^aux[12]\./.test(key) ? undefined : key);

/** torchvision's ImageNet weights by model and name; data only. */
export const inceptionWeights: Readonly<Record<string, Readonly<Record<string, WeightRecord>>>> = {
  googlenet: {
    IMAGENET1K_V1: torchvisionRecord({
      file: 'googlenet-1378be20.pth',
      acc1: 69.778,
      acc5: 89.53,
      keyMap: withoutAux,
      options: { auxLogits: false, transformInput: true },
    }),
  },
  inception_v3: {
    IMAGENET1K_V1: torchvisionRecord({
      file: 'inception_v3_google-0cc3c7bd.pth',
      acc1: 77.294,
      acc5: 93.45,
      size: 299,
      resize: 342,
      options: { transformInput: true },
    }),
  },
};
