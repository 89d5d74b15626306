import type * as tf from '@tensorflow/tfjs-core';
import { type AnyModule, type ImageModel, Module } from '@zoo/core';
import type { Net } from './create-net.ts';

type Head = Module<[tf.Tensor], tf.Tensor>;

/** A backbone with another classifier in place of its own, called directly; shares both. */
export class HeadedNet extends Module<[tf.Tensor], tf.Tensor> {
  readonly backbone: AnyModule & ImageModel;
  readonly head: Head;

  constructor(backbone: AnyModule & ImageModel, head: Head) {
    super();
    this.backbone = backbone;
    this.head = head;
  }

  forward(x: tf.Tensor): tf.Tensor {
    return this.head.call(this.backbone.forwardHead(this.backbone.forwardFeatures(x), { preLogits: true }));
  }
}

/** Backbone and head as a net whose feature maps can be watched; undefined where the head reads other taps. */
export function headedNet(backbone: Net, head: Head, taps: readonly string[]): Net | undefined {
  const model = backbone as Net & Partial<ImageModel>;
  if (taps.join() !== 'preLogits' || !model.forwardHead) return undefined;
  return new HeadedNet(backbone as unknown as AnyModule & ImageModel, head);
}
