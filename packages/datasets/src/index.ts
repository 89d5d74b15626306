export { type ClassCount, classBalance } from './class-balance.ts';
export { DataLoader, type DataLoaderOptions } from './data-loader.ts';
export type { BatchOptions, Dataset, DatasetDescription, Located } from './dataset.ts';
export { fashionMnistClassNames, fashionMnistFromBytes } from './fashion-mnist.ts';
export { gunzip } from './gunzip.ts';
export { parseIdx } from './idx.ts';
export { type IdxDatasetOptions, idxDataset } from './idx-dataset.ts';
export {
  type BadFile,
  type ImageBatch,
  ImageDataset,
  type ImageDatasetOptions,
  type ImageItem,
  type ImageSource,
} from './image-dataset.ts';
export { type LinearRegressionDataOptions, linearRegressionData } from './linear-regression-data.ts';
export { type SplitOptions, split } from './split.ts';
export { subset } from './subset.ts';
export { type Normalization, TensorDataset, type TensorDatasetOptions } from './tensor-dataset.ts';
