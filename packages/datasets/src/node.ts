export type { DownloadProgress } from '@zoo/core';
export { type FashionMnistMiniOptions, fashionMnistMini } from './fashion-mnist-mini.ts';
export { type CaptionFolderOptions, captionFolder } from './node/caption-folder.ts';
export type { ZipLimits } from './node/check-zip.ts';
export {
  type Cifar100Options,
  type CifarOptions,
  type CifarTransformOptions,
  cifar10,
  cifar100,
} from './node/cifar.ts';
export { detectFormat, type FormatName } from './node/detect-format.ts';
export type { ImageFormat } from './node/encode-image.ts';
export { type Extracted, type ExtractOptions, extractZip } from './node/extract-zip.ts';
export { datasetCache, type FashionMnistOptions, fashionMnist } from './node/fashion-mnist.ts';
export { type GenerateCaptionsOptions, generateCaptions } from './node/generate-captions.ts';
export { type GenerateCifarOptions, generateCifar } from './node/generate-cifar.ts';
export {
  type GenerateShapesOptions,
  generateShapesArchive,
  generateShapesCsv,
  generateShapesFolder,
} from './node/generate-shapes.ts';
export { type GenerateVocOptions, generateVoc } from './node/generate-voc.ts';
export { type IdxFolderOptions, idxFolder, type Split } from './node/idx-folder.ts';
export { type ImageArchiveOptions, imageArchive } from './node/image-archive.ts';
export { type ImageCsvOptions, imageCsv } from './node/image-csv.ts';
export {
  type ImageFileOptions,
  type ImageFolderOptions,
  imageFolder,
  type ScannedFolder,
  type ScanOptions,
  scanImageFolder,
} from './node/image-folder.ts';
export { readNameList } from './node/name-list.ts';
export { type ListedIn, type OpenedSplit, type OpenSplitOptions, openSplit } from './node/open-split.ts';
export { datasets, type LoadOptions } from './node/plugin.ts';
export { splitFolder } from './node/split-folder.ts';
export { type VocSegmentationOptions, vocSegmentation } from './node/voc.ts';
export { type IgnoredFile, type IgnoreReason, imageExtensions } from './node/walk-folder.ts';
