import { type DownloadProgress, definePlugin, ZooError } from '@zoo/core';
import type { Dataset } from '../dataset.ts';
import { fashionMnistMini } from '../fashion-mnist-mini.ts';
import type { Normalization } from '../tensor-dataset.ts';
import { type Cifar100Options, type CifarTransformOptions, cifar10, cifar100 } from './cifar.ts';
import { fashionMnist } from './fashion-mnist.ts';
import { idxFolder, type Split } from './idx-folder.ts';
import { openCaptions, openImageArchive, openImageCsv, openImageFolder, openVoc } from './open-format.ts';

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

type CifarLoadOptions = Cifar100Options & Partial<CifarTransformOptions>;

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
    'image-folder': {
      description: 'A folder of class folders with images: DIR/cat/1.jpg, or DIR/train/cat/1.jpg and DIR/test/....',
      load: openImageFolder,
    },
    'image-archive': {
      description: 'A zip archive of class folders with images, such as hotdog.zip.',
      load: openImageArchive,
    },
    'image-csv': {
      description: 'Images that a CSV file with the columns image and label lists.',
      load: openImageCsv,
    },
    cifar10: {
      description: 'CIFAR-10: 50,000 train and 10,000 test photos, 32 x 32 RGB, 10 classes; the binary version.',
      load: ({ split = 'train', ...options }: Partial<CifarLoadOptions> = {}): Promise<Dataset> =>
        cifar10({ split, ...options }),
    },
    cifar100: {
      description: 'CIFAR-100: 50,000 train and 10,000 test photos, 32 x 32 RGB, 100 classes in 20 superclasses.',
      load: ({ split = 'train', ...options }: Partial<CifarLoadOptions> = {}): Promise<Dataset> =>
        cifar100({ split, ...options }),
    },
    'voc-segmentation': {
      description: 'Pascal VOC: photos with the class of every pixel, cropped at random; needs its folder.',
      load: openVoc,
    },
    captions: {
      description: 'Photos with captions in the files of Flickr8k; needs their folder.',
      load: openCaptions,
    },
  },
});
