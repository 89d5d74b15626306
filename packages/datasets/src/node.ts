export type { DownloadProgress } from '@zoo/core';
export { type FashionMnistMiniOptions, fashionMnistMini } from './fashion-mnist-mini.ts';
export { datasetCache, type FashionMnistOptions, fashionMnist } from './node/fashion-mnist.ts';
export { type IdxFolderOptions, idxFolder, type Split } from './node/idx-folder.ts';
export { datasets, type LoadOptions } from './node/plugin.ts';
