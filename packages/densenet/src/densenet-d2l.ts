import * as tf from '@tensorflow/tfjs-core';
import {
  type AnyModule,
  type FeatureInfo,
  type InputSpec,
  type ModelOptions,
  Module,
  plainInput,
  Sequential,
} from '@zoo/core';
import {
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  classifierLayer,
  Dropout,
  Flatten,
  GlobalAvgPool,
  GlobalMaxPool,
  type Identity,
  init,
  type Linear,
  type LinearOptions,
  MaxPool2d,
  PooledClassifier,
  ReLU,
} from '@zoo/layers';

/** What distinguishes the course notes' variants; each can be given as an option too. */
export interface DenseNetD2LConfig {
  /** Layers per dense block. */
  blocks: readonly number[];
  growthRate?: number;
  /** Pooling before the classifier: over all pixels, or AvgPool2d(3) and flattening (`avg3`, for 96-pixel images). */
  head: 'avg' | 'max' | 'avg3';
  /** Whether convolutions have biases; default true. */
  bias?: boolean;
  /** Put new features before the old ones; default false. */
  newFeaturesFirst?: boolean;
  inChannels?: number;
}

export interface DenseNetD2LOptions extends ModelOptions, Partial<Omit<DenseNetD2LConfig, 'inChannels'>> {}

const weights = { weightInit: init.xavierUniform() };

/** The notes' `conv_block`: batch norm, ReLU, convolution. */
export const convBlock = (inChannels: number, outChannels: number, kernelSize: number, bias = true): Sequential =>
  new Sequential(
    new BatchNorm2d(inChannels),
    new ReLU(),
    new Conv2d(inChannels, outChannels, kernelSize, { padding: (kernelSize - 1) / 2, bias, ...weights }),
  );

/** The notes' dense block: 3x3 convolutions that each see everything before them. */
export class DenseBlockD2L extends Module<[tf.Tensor], tf.Tensor> {
  readonly net: Sequential;
  readonly #newFirst: boolean;

  constructor(
    layers: number,
    inChannels: number,
    { growthRate = 32, bias = true, newFeaturesFirst = false }: Partial<DenseNetD2LConfig> = {},
  ) {
    super();
    this.net = new Sequential(
      ...Array.from({ length: layers }, (_, i) => convBlock(inChannels + i * growthRate, growthRate, 3, bias)),
    );
    this.#newFirst = newFeaturesFirst;
  }

  forward(x: tf.Tensor): tf.Tensor {
    return [...this.net].reduce<tf.Tensor>((features, layer) => {
      const added = layer.call(features);
      return tf.concat(this.#newFirst ? [added, features] : [features, added], -1);
    }, x);
  }
}

/** DenseNet of the course notes. Input `[n, 96, 96, inChannels]` by default; output `[n, numClasses]`. */
export class DenseNetD2L extends PooledClassifier {
  readonly numFeatures: number;
  readonly featureInfo: readonly FeatureInfo[];
  readonly inputSpec: InputSpec;
  readonly stem: Sequential;
  readonly body: Sequential;
  readonly norm: BatchNorm2d;
  readonly relu = new ReLU();
  readonly pool: AnyModule;
  readonly flatten = new Flatten();
  readonly dropout: Dropout;
  fc: Linear | Identity;

  constructor(config: DenseNetD2LConfig, options: DenseNetD2LOptions = {}) {
    super();
    // Read one by one: whoever passes options on can tell which ones there are.
    const { numClasses = 10, inChannels = config.inChannels ?? 1, dropRate = 0 } = options;
    const { blocks = config.blocks, growthRate = config.growthRate ?? 32, head = config.head } = options;
    const { bias = config.bias ?? true, newFeaturesFirst = config.newFeaturesFirst ?? false } = options;
    const stem = new Conv2d(inChannels, 64, 7, { stride: 2, padding: 3, ...weights });
    this.stem = new Sequential(stem, new BatchNorm2d(64), new ReLU(), new MaxPool2d(3, { stride: 2, padding: 1 }));
    const body: AnyModule[] = [];
    const featureInfo: FeatureInfo[] = [{ name: 'stem', channels: 64, stride: 4 }];
    let channels = 64;
    for (const [i, layers] of blocks.entries()) {
      body.push(new DenseBlockD2L(layers, channels, { growthRate, bias, newFeaturesFirst }));
      channels += layers * growthRate;
      featureInfo.push({ name: `body.${body.length - 1}`, channels, stride: 4 * 2 ** i });
      if (i === blocks.length - 1) continue;
      // A transition's convolution keeps its bias in every variant.
      body.push(new Sequential(...convBlock(channels, Math.floor(channels / 2), 1), new AvgPool2d(2)));
      channels = Math.floor(channels / 2);
    }
    this.body = new Sequential(...body);
    this.norm = new BatchNorm2d(channels);
    this.pool = head === 'avg' ? new GlobalAvgPool() : head === 'max' ? new GlobalMaxPool() : new AvgPool2d(3);
    this.numFeatures = channels;
    this.featureInfo = featureInfo;
    this.dropout = new Dropout(dropRate);
    this.fc = classifierLayer(channels, numClasses, weights);
    this.inputSpec = plainInput({ channels: inChannels, size: 96 });
  }

  forwardFeatures(x: tf.Tensor): tf.Tensor {
    return this.relu.call(this.norm.call(this.body.call(this.stem.call(x))));
  }

  protected pooled(features: tf.Tensor): tf.Tensor {
    return this.flatten.call(this.pool.call(features));
  }

  protected override headInit(): LinearOptions {
    return weights;
  }
}
