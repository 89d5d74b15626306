import type * as tf from '@tensorflow/tfjs-core';
import { type AnyModule, type FeatureInfo, type ImageModel, type InputSpec, Module, type Sequential } from '@zoo/core';
import { Flatten } from '../layers/flatten.ts';
import type { LinearOptions } from '../layers/linear.ts';
import { classifierLayer } from './classifier-layer.ts';

export interface SequentialClassifierConfig {
  /** Images to feature maps. */
  features: Sequential;
  /** Applied to the feature maps before they are flattened. */
  avgpool?: AnyModule;
  /** Flattened features to logits; its last module is the classifier proper. */
  classifier: Sequential;
  /** Width of what the last module of `classifier` gets. */
  numFeatures: number;
  featureInfo: readonly FeatureInfo[];
  inputSpec: InputSpec;
  /** Initialization of a classifier that `resetClassifier` puts in. */
  headInit?: LinearOptions;
}

/** A net of two sequences, `features` and `classifier`, with a flatten between: the shape of LeNet, AlexNet and VGG. */
export class SequentialClassifier extends Module<[tf.Tensor], tf.Tensor> implements ImageModel {
  readonly numFeatures: number;
  readonly featureInfo: readonly FeatureInfo[];
  readonly inputSpec: InputSpec;
  readonly features: Sequential;
  readonly avgpool?: AnyModule;
  readonly flatten = new Flatten();
  readonly classifier: Sequential;
  readonly #headInit: LinearOptions;

  constructor(config: SequentialClassifierConfig) {
    super();
    this.features = config.features;
    if (config.avgpool) this.avgpool = config.avgpool;
    this.classifier = config.classifier;
    this.numFeatures = config.numFeatures;
    this.featureInfo = config.featureInfo;
    this.inputSpec = config.inputSpec;
    this.#headInit = config.headInit ?? {};
  }

  forwardFeatures(x: tf.Tensor): tf.Tensor {
    return this.features.call(x);
  }

  forwardHead(features: tf.Tensor, { preLogits = false }: { preLogits?: boolean } = {}): tf.Tensor {
    const pooled = this.flatten.call(this.avgpool ? this.avgpool.call(features) : features);
    if (!preLogits) return this.classifier.call(pooled);
    return [...this.classifier].slice(0, -1).reduce<tf.Tensor>((y, layer) => layer.call(y), pooled);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return this.forwardHead(this.forwardFeatures(x));
  }

  resetClassifier(numClasses: number): void {
    const head = classifierLayer(this.numFeatures, numClasses, this.#headInit);
    const [name, former] = this.classifier.namedChildren().at(-1)!;
    former.dispose();
    this.classifier.replace(name, head);
  }
}
