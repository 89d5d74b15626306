import * as tf from '@tensorflow/tfjs-core';
import { Module, Sequential } from '@zoo/core';
import { AvgPool2d, BatchNorm2d, Conv2d, Dropout, init, ReLU } from '@zoo/layers';

export const conv = (inChannels: number, outChannels: number, kernelSize: number, stride = 1): Conv2d =>
  new Conv2d(inChannels, outChannels, kernelSize, {
    stride,
    padding: (kernelSize - 1) / 2,
    bias: false,
    weightInit: init.kaimingNormal(),
  });

/**
 * Batch norm, ReLU, 1x1 convolution to `bottleneck * growth` channels, then the same with 3x3 to `growth` channels
 * (DenseNet-B). Returns the new features alone.
 */
export class DenseLayer extends Module<[tf.Tensor], tf.Tensor> {
  readonly norm1: BatchNorm2d;
  readonly relu1 = new ReLU();
  readonly conv1: Conv2d;
  readonly norm2: BatchNorm2d;
  readonly relu2 = new ReLU();
  readonly conv2: Conv2d;
  readonly dropout: Dropout;

  constructor(inChannels: number, growth: number, bottleneck: number, dropRate: number) {
    super();
    this.norm1 = new BatchNorm2d(inChannels);
    this.conv1 = conv(inChannels, bottleneck * growth, 1);
    this.norm2 = new BatchNorm2d(bottleneck * growth);
    this.conv2 = conv(bottleneck * growth, growth, 3);
    this.dropout = new Dropout(dropRate);
  }

  forward(x: tf.Tensor): tf.Tensor {
    const reduced = this.conv1.call(this.relu1.call(this.norm1.call(x)));
    return this.dropout.call(this.conv2.call(this.relu2.call(this.norm2.call(reduced))));
  }
}

/** Layers that each see the concatenation of all features before them, children `denselayer1`, `denselayer2`, ... */
export class DenseBlock extends Module<[tf.Tensor], tf.Tensor> {
  readonly #layers: DenseLayer[];

  constructor(layers: number, inChannels: number, growth: number, bottleneck: number, dropRate: number) {
    super();
    this.#layers = Array.from(
      { length: layers },
      (_, i) => new DenseLayer(inChannels + i * growth, growth, bottleneck, dropRate),
    );
  }

  override namedChildren(): Array<[string, DenseLayer]> {
    return this.#layers.map((layer, i) => [`denselayer${i + 1}`, layer]);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return this.#layers.reduce<tf.Tensor>((features, layer) => tf.concat([features, layer.call(features)], -1), x);
  }
}

/** Batch norm, ReLU, 1x1 convolution to half the channels, 2x2 average pooling. */
export const transition = (inChannels: number): Sequential =>
  new Sequential({
    norm: new BatchNorm2d(inChannels),
    relu: new ReLU(),
    conv: conv(inChannels, Math.floor(inChannels / 2), 1),
    pool: new AvgPool2d(2),
  });
