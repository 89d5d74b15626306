import * as tf from '@tensorflow/tfjs-core';
import { createRng, type FeatureInfo, type ImageModel, type InputSpec, Module, plainInput, seeded } from '@zoo/core';
import { TensorDataset } from '@zoo/datasets';
import { BatchNorm1d, BatchNorm2d, Conv2d, GlobalAvgPool, Linear, ReLU } from '@zoo/layers';

/** The smallest net with the whole model contract. */
export class ToyNet extends Module implements ImageModel {
  readonly inputSpec: InputSpec;
  readonly numFeatures = 4;
  readonly featureInfo: readonly FeatureInfo[] = [{ name: 'conv', channels: 4, stride: 1 }];
  readonly conv: Conv2d;
  readonly norm = new BatchNorm2d(4);
  readonly relu = new ReLU();
  readonly pool = new GlobalAvgPool();
  fc: Linear;
  /** How often features were computed. */
  runs = 0;

  constructor(spec: InputSpec, numClasses: number) {
    super();
    this.inputSpec = spec;
    this.conv = new Conv2d(spec.channels, 4, 3);
    this.fc = new Linear(4, numClasses);
  }

  forwardFeatures(x: tf.Tensor): tf.Tensor {
    this.runs++;
    return this.relu.call(this.norm.call(this.conv.call(x)));
  }

  forwardHead(features: tf.Tensor, { preLogits = false }: { preLogits?: boolean } = {}): tf.Tensor {
    const pooled = this.pool.call(features);
    return preLogits ? pooled : this.fc.call(pooled);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return this.forwardHead(this.forwardFeatures(x));
  }

  resetClassifier(numClasses: number): void {
    this.fc.dispose();
    this.fc = new Linear(4, numClasses);
  }
}

export const toyNet = (seed: number, { numClasses = 3, spec = plainInput({ channels: 3, size: 6 }) } = {}): ToyNet =>
  seeded(seed, () => new ToyNet(spec, numClasses));

/** A net on rows with running statistics; field names are those of the golden file's `torch.nn.Sequential`. */
export class RowNet extends Module {
  '0': Linear;
  '1' = new BatchNorm1d(5);
  '2' = new ReLU();
  '3': Linear;

  constructor(inputs = 4, numClasses = 3) {
    super();
    this['0'] = new Linear(inputs, 5);
    this['3'] = new Linear(5, numClasses);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return this['3'].call(this['2'].call(this['1'].call(this['0'].call(x))));
  }
}

export const randomImages = (n: number, size = 6, channels = 3): tf.Tensor4D => {
  const rng = createRng(5);
  return tf.tensor4d(
    Float32Array.from({ length: n * size * size * channels }, () => rng.uniform()),
    [n, size, size, channels],
  );
};

/** Blobs of three classes; with `noise` 0 a class is the position of the only 1. */
export function blobs(n: number, { seed = 1, noise = 1, width = 4 } = {}): TensorDataset {
  const rng = createRng(seed);
  const labels = Int32Array.from({ length: n }, (_, i) => i % 3);
  const inputs = Float32Array.from({ length: n * width }, (_, i) => {
    const label = labels[Math.floor(i / width)]!;
    return noise * rng.normal() + (i % width === label ? 1 : 0);
  });
  return new TensorDataset({ inputs, inputShape: [width], targets: labels, classNames: ['a', 'b', 'c'] });
}

export const values = async (tensor: tf.Tensor): Promise<number[]> => {
  const data = Array.from(await tensor.data());
  tensor.dispose();
  return data;
};
