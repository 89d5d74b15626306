import * as tf from '@tensorflow/tfjs-core';
import { type Module, type Parameter, refuseUnknown, ZooError } from '@zoo/core';
import { DataLoader, type Dataset, split } from '@zoo/datasets';
import {
  Adam,
  type AnyOptimizer,
  type Callback,
  crossEntropy,
  EarlyStopping,
  type EarlyStoppingOptions,
  type History,
  type LossFunction,
  Trainer,
} from '@zoo/train';
import { asDataset, type FeatureSet } from '../features/feature-set.ts';
import { checkTrainable } from './feature-matrix.ts';

export interface TrainHeadOptions {
  /** Default 30. */
  epochs?: number;
  /** Default 64. */
  batchSize?: number;
  /** Learning rate of Adam; default 1e-3. */
  lr?: number;
  /** Instead of Adam: an optimizer for the head's parameters. */
  optimizer?: (parameters: Parameter[]) => AnyOptimizer;
  /** Default: cross-entropy. */
  loss?: LossFunction<tf.Tensor>;
  /** Examples to measure on after each epoch, or the share of the features to set aside for it, e.g. 0.2. */
  validation?: Dataset | FeatureSet | number;
  /** Stop when validation no longer improves and take the best weights; true for `EarlyStopping`'s own options. */
  earlyStopping?: boolean | EarlyStoppingOptions;
  /** Of the order of the examples and the division by `validation`; default 0. */
  seed?: number;
  callbacks?: readonly Callback[];
  signal?: AbortSignal;
}

function divide(features: Dataset, validation: TrainHeadOptions['validation'], seed: number): [Dataset, Dataset?] {
  if (validation === undefined) return [features];
  if (typeof validation !== 'number') return [features, asDataset(validation)];
  if (!(validation > 0 && validation < 1)) {
    throw new ZooError(
      'INVALID_ARGUMENT',
      `trainHead: a share for validation lies between 0 and 1, got ${validation}.`,
    );
  }
  const [train, test] = split(features, [1 - validation, validation], { seed });
  if (train!.length > 0 && test!.length > 0) return [train!, test!];
  throw new ZooError(
    'INVALID_ARGUMENT',
    `trainHead: of ${features.length} examples a share of ${validation} leaves none to ${test!.length > 0 ? 'train on' : 'measure on'}.`,
  );
}

const optionNames = [
  ...['epochs', 'batchSize', 'lr', 'optimizer', 'loss', 'validation', 'earlyStopping', 'seed', 'callbacks', 'signal'],
];

/** Refuses labels that the head has no output for; the loss would only become NaN. */
function checkLabels(head: Module<[tf.Tensor], tf.Tensor>, { labels, inputShape }: Dataset): void {
  if (!labels) return;
  const classes = tf.tidy(() => head.predict(tf.zeros([1, ...inputShape])).shape.at(-1)!);
  const top = labels.reduce((most, label) => Math.max(most, label), 0);
  if (top < classes) return;
  throw new ZooError(
    'INVALID_ARGUMENT',
    `trainHead: the head gives ${classes} classes, but the features have labels up to ${top}: numClasses must be ${top + 1}.`,
  );
}

/**
 * Trains `head` on features, in seconds: what `@zoo/train`'s Trainer does, with a head's defaults. The head is then in
 * evaluation mode. Throws what the trainer throws: `NUMERIC` for a loss that is not finite, also for features that are not finite
 * or beyond 1e15, and `INTERRUPTED`.
 */
export async function trainHead(
  head: Module<[tf.Tensor], tf.Tensor>,
  features: Dataset | FeatureSet,
  options: TrainHeadOptions = {},
): Promise<History> {
  refuseUnknown('trainHead', options, optionNames);
  const { epochs = 30, batchSize = 64, lr = 1e-3, loss = crossEntropy, earlyStopping = false, seed = 0 } = options;
  const { optimizer = (parameters) => new Adam(parameters, { lr }), signal, callbacks = [] } = options;
  const [train, test] = divide(asDataset(features), options.validation, seed);
  if (loss === crossEntropy) checkLabels(head, train);
  // Rows of features only: images would be decoded once more.
  if (train.inputShape.length === 1) await checkTrainable(features, 'trainHead');
  if (earlyStopping && !test) {
    throw new ZooError('INVALID_ARGUMENT', 'trainHead: early stopping needs validation, e.g. validation: 0.2.');
  }
  const stopping = earlyStopping
    ? [new EarlyStopping({ restoreBest: true, ...(typeof earlyStopping === 'object' && earlyStopping) })]
    : [];
  const trainer = new Trainer({
    model: head,
    optimizer: optimizer(head.parameters()),
    loss,
    callbacks: [...stopping, ...callbacks],
  });
  try {
    return await trainer.fit(new DataLoader(train, { batchSize, shuffle: true, seed }), {
      epochs,
      ...(test && { validation: new DataLoader(test, { batchSize }) }),
      ...(signal && { signal }),
    });
  } finally {
    trainer.dispose();
    head.eval();
  }
}
