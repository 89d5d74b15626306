import type { WeightRecord } from '../plugin.ts';
import { plainInput } from './input-spec.ts';

/** Fashion-MNIST's classes in label order. */
const fashionMnistClasses = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
];

export interface ShippedRecordOptions {
  /** Where the file is; asked only when it is loaded, so that bundles without `import.meta` can hold the record. */
  url: () => string;
  sha256: string;
  /** Accuracy on Fashion-MNIST's 10,000 test images, in percent. */
  acc1: number;
  /** Options of the factory that the weights belong to. */
  options?: WeightRecord['options'];
}

/** Weights trained with this library on Fashion-MNIST (28x28, one channel, values in [0, 1]) and shipped with a family. */
export function fashionMnistRecord({ url, sha256, acc1, options }: ShippedRecordOptions): WeightRecord {
  return {
    get url() {
      return url();
    },
    sha256,
    inputSpec: plainInput(),
    categories: fashionMnistClasses,
    metrics: { acc1 },
    licence: 'Apache-2.0',
    ...(options && { options }),
  };
}
