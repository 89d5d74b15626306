import type * as tf from '@tensorflow/tfjs-core';
import type { Module, Parameter } from '@zoo/core';
import type { Dataset } from '@zoo/datasets';
import { Adam, AdamW, type AnyOptimizer, type Callback, type History, SGD } from '@zoo/train';
import {
  kNearestNeighbors,
  type LearningRateGroup,
  linearHead,
  logisticRegression,
  mlpHead,
  trainHead,
} from '@zoo/transfer';
import type { HeadOf, HeadSpec } from '../experiment/head-schema.ts';
import type { HeadRecord } from '../net/fused-record.ts';
import { NeighbourHead } from '../net/neighbour-head.ts';

/** A head: features to class scores. */
export type Head = Module<[tf.Tensor], tf.Tensor>;

export interface FittedHead {
  head: Head;
  /** How the head is built anew, to load its weights into. */
  record: HeadRecord;
  /** Of heads that learn by gradient steps over epochs. */
  history?: History;
  seconds: number;
}

export interface FitHeadOptions {
  /** Measured on after each epoch. */
  validation?: Dataset | undefined;
  numClasses: number;
  seed: number;
  signal?: AbortSignal | undefined;
  callbacks?: readonly Callback[];
}

type StepOptions = Pick<HeadOf<'linear'>, 'epochs' | 'batchSize' | 'optimizer' | 'lr' | 'weightDecay'>;

/** The optimizer that a head's settings name. */
export function headOptimizer({
  optimizer,
  lr,
  weightDecay,
}: Pick<StepOptions, 'optimizer' | 'lr' | 'weightDecay'>): (
  parameters: Parameter[] | LearningRateGroup[],
) => AnyOptimizer {
  return (parameters) => {
    if (optimizer === 'sgd') return new SGD(parameters, { lr, weightDecay, momentum: 0.9 });
    return optimizer === 'adam'
      ? new Adam(parameters, { lr, weightDecay })
      : new AdamW(parameters, { lr, weightDecay });
  };
}

/** Trains any net on rows of features as its settings say. */
export function trainOnFeatures(
  net: Head,
  train: Dataset,
  settings: StepOptions,
  { validation, seed, signal, callbacks }: Omit<FitHeadOptions, 'numClasses'>,
): Promise<History> {
  const { epochs, batchSize } = settings;
  return trainHead(net, train, {
    epochs,
    batchSize,
    seed,
    optimizer: headOptimizer(settings),
    ...(validation && { validation }),
    ...(signal && { signal }),
    ...(callbacks && { callbacks }),
  });
}

async function fit(spec: HeadSpec, train: Dataset, options: FitHeadOptions): Promise<Omit<FittedHead, 'seconds'>> {
  const { numClasses, seed } = options;
  const inFeatures = train.inputShape[0]!;
  if (spec.type === 'logistic') {
    const { solver, l2, maxIterations } = spec;
    const estimator = logisticRegression({ solver, maxIterations, seed, ...(l2 !== undefined && { l2 }) });
    return { head: await estimator.fit(train), record: { type: 'linear', inFeatures, numClasses, dropRate: 0 } };
  }
  if (spec.type === 'knn') {
    const { k, metric } = spec;
    const record = { type: 'knn', inFeatures, numClasses, k, metric, rows: train.length } as const;
    return { head: new NeighbourHead(await kNearestNeighbors({ k, metric }).fit(train)).eval(), record };
  }
  const { dropRate } = spec;
  const common = { inFeatures, numClasses, dropRate };
  const record: HeadRecord =
    spec.type === 'linear' ? { type: 'linear', ...common } : { type: 'mlp', ...common, hidden: spec.hidden };
  const head =
    spec.type === 'linear' ? linearHead({ ...common, seed }) : mlpHead({ ...common, seed, hidden: spec.hidden });
  try {
    return { head, record, history: await trainOnFeatures(head, train, spec, options) };
  } catch (error) {
    head.dispose();
    throw error;
  }
}

/** Fits the head that `spec` describes to features; the caller disposes it. */
export async function fitHead(spec: HeadSpec, train: Dataset, options: FitHeadOptions): Promise<FittedHead> {
  const started = performance.now();
  const fitted = await fit(spec, train, options);
  return { ...fitted, seconds: (performance.now() - started) / 1000 };
}
