import type * as tf from '@tensorflow/tfjs-core';
import { type FeatureInfo, type ImageModel, type InputSpec, Module } from '@zoo/core';
import type { Identity } from '../layers/activations.ts';
import type { Dropout } from '../layers/dropout.ts';
import type { Linear, LinearOptions } from '../layers/linear.ts';
import { classifierLayer } from './classifier-layer.ts';

/**
 * A net whose pooled features go through dropout into one linear layer `fc`: the shape of ResNet and Inception. It holds no
 * field of its own, so that a subclass decides the order of its state dict.
 */
export abstract class PooledClassifier extends Module<[tf.Tensor], tf.Tensor> implements ImageModel {
  abstract readonly numFeatures: number;
  abstract readonly featureInfo: readonly FeatureInfo[];
  abstract readonly inputSpec: InputSpec;
  abstract readonly dropout: Dropout;
  abstract fc: Linear | Identity;

  abstract forwardFeatures(x: tf.Tensor): tf.Tensor;

  /** Feature maps to `[n, numFeatures]`. */
  protected abstract pooled(features: tf.Tensor): tf.Tensor;

  /** Initialization of a fresh `fc`. */
  protected headInit(): LinearOptions {
    return {};
  }

  forwardHead(features: tf.Tensor, { preLogits = false }: { preLogits?: boolean } = {}): tf.Tensor {
    const pooled = this.pooled(features);
    return preLogits ? pooled : this.fc.call(this.dropout.call(pooled));
  }

  forward(x: tf.Tensor): tf.Tensor {
    return this.forwardHead(this.forwardFeatures(x));
  }

  resetClassifier(numClasses: number): void {
    const head = classifierLayer(this.numFeatures, numClasses, this.headInit());
    this.fc.dispose();
    this.fc = head;
  }
}
