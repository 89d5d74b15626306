import * as tf from '@tensorflow/tfjs-core';
import type { Dataset } from '@zoo/datasets';
import { FeatureEnsemble, fitWeights, hardVote, selectWeights, softVote, stack } from '@zoo/ensemble';
import type { History } from '@zoo/train';
import type { EnsembleSpec } from '../experiment/ensemble-schema.ts';
import { trainOnFeatures } from './fit-head.ts';
import { logitsOf, type Scores, softmaxOf } from './scores.ts';

/** What the members say of some examples. */
export interface VotePart {
  /** Logits of the members, in their order. */
  logits: readonly Scores[];
  labels: Int32Array;
}

/** What one of the parts of the data looks like to an ensemble. */
export interface EnsemblePart extends VotePart {
  /** Features of all backbones side by side, for the ensemble of features. */
  features: Dataset;
}

/** An ensemble that was fitted: gives probabilities for other parts. */
interface Fitted<Part> {
  predict(part: Part): Promise<Scores>;
  weights?: readonly number[];
  history?: History;
  dispose(): void;
}

export interface FittedEnsemble extends Fitted<EnsemblePart> {
  seconds: number;
}

export interface FitEnsembleOptions {
  /** Features of all backbones side by side. */
  train: Dataset;
  validation: EnsemblePart;
  /** Width of each backbone's features, in their order. */
  widths: Readonly<Record<string, number>>;
  numClasses: number;
  seed: number;
  signal?: AbortSignal | undefined;
}

const rowsOf = ({ values, numClasses }: Scores): tf.Tensor2D =>
  tf.tensor2d(values, [values.length / numClasses, numClasses]);

/** Runs `work` on the members' logits as tensors, and reads the probabilities that it gives. */
async function onTensors(logits: readonly Scores[], work: (tensors: tf.Tensor2D[]) => tf.Tensor): Promise<Scores> {
  const result = tf.tidy(() => work(logits.map(rowsOf)));
  try {
    return { values: (await result.data()) as Float32Array, numClasses: result.shape[1]! };
  } finally {
    result.dispose();
  }
}

/** Weights that are best on the validation examples. */
async function weightsFor({ logits, labels }: VotePart, by: 'likelihood' | 'accuracy'): Promise<number[]> {
  const tensors = logits.map(rowsOf);
  try {
    const { weights } = await (by === 'accuracy' ? selectWeights(tensors, labels) : fitWeights(tensors, labels));
    return weights;
  } finally {
    tf.dispose(tensors);
  }
}

const nothing = (): void => {};

type FitFeaturesOptions = Omit<FitEnsembleOptions, 'validation'> & { validation: Dataset };

/** Trains the ensemble of features; the caller disposes it. */
export async function fitFeatures(
  spec: Extract<EnsembleSpec, { type: 'features' }>,
  { train, validation, widths, numClasses, seed, signal }: FitFeaturesOptions,
): Promise<Fitted<Pick<EnsemblePart, 'features'>> & { net: FeatureEnsemble }> {
  const { hidden, dropRate } = spec;
  const net = new FeatureEnsemble({ features: widths, hidden, dropRate, numClasses, seed });
  try {
    const history = await trainOnFeatures(net, train, spec, { validation, seed, signal });
    return {
      net,
      history,
      predict: async ({ features }) => softmaxOf(await logitsOf(net, features)),
      dispose: () => net.dispose(),
    };
  } catch (error) {
    net.dispose();
    throw error;
  }
}

async function fitStack(
  { l2 }: Extract<EnsembleSpec, { type: 'stack' }>,
  validation: VotePart,
): Promise<Fitted<VotePart>> {
  const tensors = validation.logits.map(rowsOf);
  try {
    const stacked = await stack(tensors, validation.labels, l2 === undefined ? {} : { l2 });
    return {
      predict: ({ logits }) => onTensors(logits, (rows) => tf.softmax(stacked.predict(tf.concat(rows, 1)))),
      dispose: () => stacked.dispose(),
    };
  } finally {
    tf.dispose(tensors);
  }
}

/** Fits weights or a stacker of members to examples that the members were not trained on; the caller disposes it. */
export async function fitVote(
  spec: Exclude<EnsembleSpec, { type: 'features' }>,
  validation: VotePart,
): Promise<Fitted<VotePart>> {
  switch (spec.type) {
    case 'soft':
      return { predict: ({ logits }) => onTensors(logits, (tensors) => softVote(tensors)), dispose: nothing };
    case 'hard':
      return { predict: ({ logits }) => onTensors(logits, (tensors) => hardVote(tensors)), dispose: nothing };
    case 'weighted': {
      const weights = await weightsFor(validation, spec.by);
      return {
        weights,
        predict: ({ logits }) => onTensors(logits, (tensors) => softVote(tensors, { weights })),
        dispose: nothing,
      };
    }
    case 'stack':
      return fitStack(spec, validation);
  }
}

/** Fits an ensemble: weights and stackers on the validation examples, the ensemble of features on the training ones. */
export async function fitEnsemble(spec: EnsembleSpec, options: FitEnsembleOptions): Promise<FittedEnsemble> {
  const started = performance.now();
  const { validation } = options;
  const fitted: Fitted<EnsemblePart> =
    spec.type === 'features'
      ? await fitFeatures(spec, { ...options, validation: validation.features })
      : await fitVote(spec, validation);
  return { ...fitted, seconds: (performance.now() - started) / 1000 };
}
