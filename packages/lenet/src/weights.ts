import { fashionMnistRecord, type WeightRecord } from '@zoo/core';

/** Weights that this package ships, by model and name; data only. */
export const lenetWeights: Readonly<Record<string, Readonly<Record<string, WeightRecord>>>> = {
  lenet5_relu: {
    FASHION_MNIST: fashionMnistRecord({
      url: () => new URL('../weights/lenet5_relu-fashion-mnist.safetensors', import.meta.url).href,
      sha256: 'fc911c46c6e92cc17b9b4c406cc0246000c9e4af8442b07962c25dc92334ce87',
      acc1: 91.31,
    }),
  },
};
