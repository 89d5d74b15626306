import { fashionMnistFromBytes, type TensorDataset } from '@zoo/datasets';

async function bytes(name: string): Promise<Uint8Array> {
  const response = await fetch(`${import.meta.env.BASE_URL}fashion-mnist-mini/${name}`);
  if (!response.ok) throw new Error(`${name} could not be fetched: ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** The shipped part of Fashion-MNIST, `train` (2,000 images) or `t10k` (1,000). */
export async function loadImages(part: 'train' | 't10k'): Promise<TensorDataset> {
  const files = { images: `${part}-images-idx3-ubyte.gz`, labels: `${part}-labels-idx1-ubyte.gz` };
  const [images, labels] = await Promise.all([bytes(files.images), bytes(files.labels)]);
  return fashionMnistFromBytes({ images, labels, files });
}
