import { type DownloadProgress, definePlugin, ZooError } from '@zoo/core';
import type { Dataset } from '../dataset.ts';
import { fashionMnistMini } from '../fashion-mnist-mini.ts';
import type { Normalization } from '../tensor-dataset.ts';
import { fashionMnist } from './fashion-mnist.ts';
import { idxFolder, type Split } from './idx-folder.ts';

/** What `load` of every dataset in this plug-in takes; each uses what concerns it. */
export interface LoadOptions {
  /** 'train' unless given. */
  split?: Split;
  /** Folder with the files. */
  root?: string;
  download?: boolean;
  normalize?: Normalization;
  onProgress?: (progress: DownloadProgress) => void;
  signal?: AbortSignal;
}

/** The datasets of this package by name, for `createRegistry().use(datasets)` and the command line. */
export const datasets = definePlugin({
  name: '@zoo/datasets',
  datasets: {
    'fashion-mnist': {
      description: 'Fashion-MNIST: 60,000 train and 10,000 test images of clothes, 28 x 28 grey, 10 classes.',
      load: ({ split = 'train', ...options }: LoadOptions = {}): Promise<Dataset> =>
        fashionMnist({ split, ...options }),
    },
    'fashion-mnist-mini': {
      description:
        'The first 2,000 train and 1,000 test images of Fashion-MNIST, class-balanced; shipped, needs no network.',
      load: ({ split = 'train', normalize }: LoadOptions = {}): Promise<Dataset> =>
        fashionMnistMini({ split, ...(normalize && { normalize }) }),
    },
    'idx-folder': {
      description:
        'A folder of MNIST-style files: train- and t10k-, images-idx3-ubyte and labels-idx1-ubyte, .gz or not.',
      load: async ({ split = 'train', root, normalize }: LoadOptions = {}): Promise<Dataset> => {
        if (root === undefined)
          throw new ZooError('INVALID_ARGUMENT', 'idx-folder needs the root that holds the files.');
        return idxFolder({ root, split, ...(normalize && { normalize }) });
      },
    },
  },
});
