import * as tf from '@tensorflow/tfjs-core';
import { formatShape, Module, ModuleDict, seeded } from '@zoo/core';
import { Dropout, Linear } from '@zoo/layers';
import { checkNames } from '../ensemble/member.ts';
import { invalid, refuseUnknown, whole } from '../options.ts';

export interface FeatureEnsembleOptions {
  /** Width of each backbone's features, in the order in which the input holds them. */
  features: Readonly<Record<string, number>>;
  /** Width of the common space that all features are projected into; default 256. */
  hidden?: number;
  numClasses: number;
  /** Default 0.5. */
  dropRate?: number;
  seed?: number;
}

/**
 * One classifier over the features of several backbones: a linear projection of each into a common space, their sum,
 * dropout, and one output layer. Takes what `concatFeatures` gives, `[n, sum of widths]`, and returns logits
 * `[n, numClasses]`.
 */
export class FeatureEnsemble extends Module<[tf.Tensor], tf.Tensor> {
  readonly projections: ModuleDict;
  readonly dropout: Dropout;
  readonly output: Linear;
  /** Width of each backbone's features. */
  readonly widths: Readonly<Record<string, number>>;

  constructor(options: FeatureEnsembleOptions) {
    super();
    refuseUnknown('FeatureEnsemble', options, ['features', 'hidden', 'numClasses', 'dropRate', 'seed']);
    const { features, hidden = 256, numClasses, dropRate = 0.5, seed } = options;
    const entries = Object.entries(features);
    if (entries.length === 0) throw invalid('FeatureEnsemble: `features` is empty; name at least one backbone.');
    checkNames('FeatureEnsemble', Object.keys(features));
    for (const [name, width] of entries) whole('FeatureEnsemble', `features.${name}`, width, 1);
    whole('FeatureEnsemble', 'hidden', hidden, 1);
    whole('FeatureEnsemble', 'numClasses', numClasses, 1);
    this.widths = { ...features };
    const layers = seeded(seed, () => ({
      projections: new ModuleDict(
        Object.fromEntries(entries.map(([name, width]) => [name, new Linear(width, hidden)])),
      ),
      dropout: new Dropout(dropRate),
      output: new Linear(hidden, numClasses),
    }));
    this.projections = layers.projections;
    this.dropout = layers.dropout;
    this.output = layers.output;
  }

  forward(x: tf.Tensor): tf.Tensor {
    const widths = Object.values(this.widths);
    const total = widths.reduce((a, b) => a + b, 0);
    if (x.rank !== 2 || x.shape[1] !== total) {
      const parts = Object.entries(this.widths).map(([name, width]) => `${name} ${width}`);
      throw invalid(`expected features [n, ${total}] (${parts.join(' + ')}), got ${formatShape(x.shape)}.`);
    }
    const parts = tf.split(x, widths, 1);
    const projected = Object.keys(this.widths).map(
      (name, i) => this.projections.get(name)!.call(parts[i]!) as tf.Tensor,
    );
    return this.output.call(this.dropout.call(tf.addN(projected)));
  }
}
