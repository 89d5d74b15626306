import { type IdxDatasetOptions, idxDataset } from './idx-dataset.ts';
import type { TensorDataset } from './tensor-dataset.ts';

/** Classes of Fashion-MNIST by label, as torchvision spells them. */
export const fashionMnistClassNames: readonly string[] = [
  ...['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat'],
  ...['Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
];

/** Fashion-MNIST from its image and label file, fetched by the caller; for browsers, where there is no file system. */
export function fashionMnistFromBytes(options: Omit<IdxDatasetOptions, 'classNames'>): Promise<TensorDataset> {
  return idxDataset({ name: 'fashion-mnist', ...options, classNames: fashionMnistClassNames });
}
