import { TensorDataset } from '@zoo/datasets';
import { fillUniform } from '@zoo/testing';

interface ToyImagesOptions {
  size?: number;
  channels?: number;
  classes?: number;
  name?: string;
}

/** Noise with one bright band whose place is the class, so that the features of any net tell the classes apart. */
export function toyImages(length: number, options: ToyImagesOptions = {}): TensorDataset {
  const { size = 28, channels = 1, classes = 3, name = 'toy images' } = options;
  const pixels = size * size * channels;
  const targets = Int32Array.from({ length }, (_, i) => (i * 7) % classes);
  const inputs = Float32Array.from(fillUniform(name, length * pixels), (u, i) => {
    const row = Math.floor((i % pixels) / (size * channels));
    const bright = Math.floor((row * classes) / size) === targets[Math.floor(i / pixels)];
    return u * 0.3 + (bright ? 0.7 : 0);
  });
  const classNames = Array.from({ length: classes }, (_, i) => `class ${i}`);
  return new TensorDataset({ inputs, inputShape: [size, size, channels], targets, classNames, name });
}
