import * as tf from '@tensorflow/tfjs-core';
import { type InputSpec, Module, ModuleDict } from '@zoo/core';
import { invalid, refuseUnknown } from '../options.ts';
import { adaptImages, commonInput } from './adapt-images.ts';
import { checkNames, featuresOf, inputSpecOf, type Net } from './member.ts';

export interface FusedFeaturesOptions {
  /** In the order in which `head` was trained on their features. */
  backbones: Readonly<Record<string, Net>>;
  /** A classifier of features side by side, such as a `FeatureEnsemble`. */
  head: Net & { readonly widths?: Readonly<Record<string, number>> };
  /** What images are given; default as for `Ensemble`. */
  inputSpec?: InputSpec;
}

/**
 * Backbones and a head trained on their concatenated features as one net: images to logits, one state dict. Each
 * backbone gets the images as its `inputSpec` wants them.
 */
export class FusedFeatures extends Module<[tf.Tensor], tf.Tensor> {
  readonly backbones: ModuleDict;
  readonly head: Net;
  /** What images this net takes. */
  readonly inputSpec: InputSpec | undefined;
  readonly #order: ReadonlyArray<readonly [string, Net]>;

  constructor(options: FusedFeaturesOptions) {
    super();
    refuseUnknown('FusedFeatures', options, ['backbones', 'head', 'inputSpec']);
    const { backbones, head } = options;
    this.#order = Object.entries(backbones);
    const names = Object.keys(backbones);
    if (names.length === 0) throw invalid('FusedFeatures: `backbones` is empty; name at least one.');
    checkNames('FusedFeatures', names);
    const trained = head.widths && Object.keys(head.widths);
    if (trained && trained.join() !== names.join()) {
      throw invalid(
        `FusedFeatures: the head was made for features of ${trained.join(', ')}, the backbones are ${names.join(', ')}. Give them in that order.`,
      );
    }
    this.inputSpec = options.inputSpec ?? commonInput(this.#order.flatMap(([, net]) => inputSpecOf(net) ?? []));
    this.backbones = new ModuleDict(backbones);
    this.head = head;
  }

  forward(images: tf.Tensor): tf.Tensor {
    const features = this.#order.map(([, net]) => {
      const spec = inputSpecOf(net);
      return featuresOf(net, this.inputSpec && spec ? adaptImages(images, this.inputSpec, spec) : images);
    });
    return this.head.call(tf.concat(features, 1));
  }
}
