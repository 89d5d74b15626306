import { fashionMnistFromBytes, type TensorDataset } from '@zoo/datasets';
import testImages from '@zoo/datasets/data/fashion-mnist-mini/t10k-images-idx3-ubyte.gz?url';
import testLabels from '@zoo/datasets/data/fashion-mnist-mini/t10k-labels-idx1-ubyte.gz?url';
import trainImages from '@zoo/datasets/data/fashion-mnist-mini/train-images-idx3-ubyte.gz?url';
import trainLabels from '@zoo/datasets/data/fashion-mnist-mini/train-labels-idx1-ubyte.gz?url';

const files = {
  train: { images: trainImages, labels: trainLabels },
  test: { images: testImages, labels: testLabels },
};

async function bytes(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} could not be fetched: ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** The part of Fashion-MNIST that @zoo/datasets ships: `train` (2,000 images) or `test` (1,000). */
export async function loadImages(split: keyof typeof files): Promise<TensorDataset> {
  const [images, labels] = await Promise.all([bytes(files[split].images), bytes(files[split].labels)]);
  return fashionMnistFromBytes({ images, labels, files: files[split] });
}
