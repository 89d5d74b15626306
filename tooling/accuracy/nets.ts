/** How the notes train a net, and the test accuracy they print. */
export interface NoteNet {
  /** Name in the registry. */
  net: string;
  data: 'fashion-mnist' | 'cifar10';
  lr: number;
  batchSize: number;
  epochs: number;
  /** Side that images are resized to; absent: the data's own size. */
  resize?: number;
  /** Test accuracy of the notes; absent where they print none. */
  published?: number;
  /** What to know when comparing. */
  remark?: string;
}

/**
 * Settings and figures of "Dive into Deep Learning" (Zhang, Lipton, Li, Smola), PyTorch notebooks of the second Chinese
 * edition as printed in 2021: SGD without momentum, constant learning rate, Xavier-uniform weights, 10 epochs.
 */
export const noteNets: readonly NoteNet[] = [
  { net: 'lenet5', data: 'fashion-mnist', lr: 0.9, batchSize: 256, epochs: 10, published: 0.782 },
  { net: 'alexnet_d2l', data: 'fashion-mnist', lr: 0.01, batchSize: 128, epochs: 10, resize: 224, published: 0.881 },
  {
    net: 'vgg11_d2l_small',
    data: 'fashion-mnist',
    lr: 0.05,
    batchSize: 128,
    epochs: 10,
    resize: 224,
    published: 0.917,
  },
  { net: 'nin', data: 'fashion-mnist', lr: 0.1, batchSize: 128, epochs: 10, resize: 224, published: 0.842 },
  { net: 'googlenet_d2l', data: 'fashion-mnist', lr: 0.1, batchSize: 128, epochs: 10, resize: 96, published: 0.889 },
  { net: 'resnet18_d2l', data: 'fashion-mnist', lr: 0.05, batchSize: 256, epochs: 10, resize: 96, published: 0.907 },
  {
    net: 'densenet_d2l',
    data: 'fashion-mnist',
    lr: 0.1,
    batchSize: 256,
    epochs: 10,
    resize: 96,
    published: 0.747,
    remark: 'the printed run had the maximum head and swings from epoch to epoch: its train accuracy was 0.942',
  },
  {
    net: 'densenet_cifar',
    data: 'cifar10',
    lr: 0.1,
    batchSize: 256,
    epochs: 10,
    resize: 96,
    remark: 'trained as densenet_d2l; no printed figure',
  },
];
