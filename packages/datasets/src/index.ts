export type { BadFile, BadFileOptions } from './bad-files.ts';
export { CaptionDataset, type CaptionDatasetOptions } from './caption-dataset.ts';
export { type CaptionsByImage, formatCaptions, parseCaptions } from './captions.ts';
export {
  type CifarFromBytesOptions,
  type CifarRecords,
  type CifarVariant,
  cifarFromBytes,
  encodeCifar,
  parseCifar,
} from './cifar.ts';
export { cifar10ClassNames, cifar100ClassNames, cifar100CoarseClassNames } from './cifar-names.ts';
export { type ClassCount, classBalance } from './class-balance.ts';
export { DataLoader, type DataLoaderOptions } from './data-loader.ts';
export type { BatchOptions, Dataset, DatasetDescription, FingerprintOptions, Located } from './dataset.ts';
export { fashionMnistClassNames, fashionMnistFromBytes } from './fashion-mnist.ts';
export { formatClassBalance } from './format-class-balance.ts';
export { gunzip } from './gunzip.ts';
export { parseIdx } from './idx.ts';
export { type IdxDatasetOptions, idxDataset } from './idx-dataset.ts';
export {
  type ImageBatch,
  ImageDataset,
  type ImageDatasetOptions,
  type ImageItem,
  type ImageSource,
} from './image-dataset.ts';
export { type LinearRegressionDataOptions, linearRegressionData } from './linear-regression-data.ts';
export { type NamedDataset, parseNameList, subsetByNames } from './name-list.ts';
export { encodePng, type PngOptions } from './png.ts';
export { type DrawnShape, type DrawShapeOptions, drawShape, type ShapeName, shapeNames } from './shapes/draw-shape.ts';
export { type ShapesDatasetOptions, type ShapesOptions, shapesDataset } from './shapes/shapes-dataset.ts';
export { type SplitOptions, split } from './split.ts';
export { subset } from './subset.ts';
export { type Normalization, TensorDataset, type TensorDatasetOptions } from './tensor-dataset.ts';
export { type ToImageDatasetOptions, toImageDataset } from './to-image-dataset.ts';
export { vocClassNames, vocColormap, vocColorsToLabels, vocIgnoreIndex, vocLabelsToColors } from './voc.ts';
