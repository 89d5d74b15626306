import { basename, join } from 'node:path';
import { type ImageModel, seeded, setDeterministic, ZooError } from '@zoo/core';
import { DataLoader, type Dataset } from '@zoo/datasets';
import { type Callback, crossEntropy, Trainer } from '@zoo/train';
import { gradualUnfreezing, type LearningRateGroup, parameterGroups, replaceHead } from '@zoo/transfer';
import { saveSafetensors } from '@zoo/weights/node';
import { z } from 'zod';
import type { Command } from '../context.ts';
import { type OpenImagesOptions, openImages } from '../data/open-images.ts';
import { exitCodes } from '../exit-codes.ts';
import type { BackboneSpec } from '../experiment/schema.ts';
import { interruptible } from '../interruptible.ts';
import { measure } from '../net/measure.ts';
import { weightsMetadata } from '../net/weights-metadata.ts';
import { modelOptionsOf, modelOptionsShape } from '../options/model-options.ts';
import { seedOption } from '../options/transfer-options.ts';
import { checkOptions, fraction, nonNegativeNumber, oneOf, positiveNumber, wholeNumber } from '../options/values.ts';
import { formatMeasurement } from '../output/format-measurement.ts';
import type { Output } from '../output/output.ts';
import { ProgressLine } from '../output/progress-line.ts';
import { startBackend } from '../registry/backend.ts';
import { type Backbone, loadBackbone, prepareFor } from '../study/backbone.ts';
import { headOptimizer } from '../study/fit-head.ts';
import { holdOut } from '../study/gather-data.ts';
import { formatEpoch } from '../training/progress.ts';
import { RunFolder } from '../training/run-folder.ts';

const schema = z.object({
  ...modelOptionsShape,
  model: z.string(),
  weights: z.string(),
  epochs: wholeNumber(1).default(5),
  batchSize: wholeNumber(1).default(32),
  optimizer: oneOf(['adam', 'adamw', 'sgd']).default('sgd'),
  lr: positiveNumber.default(1e-3),
  headLr: positiveNumber.optional(),
  layerDecay: positiveNumber.optional(),
  unfreezeEvery: wholeNumber(1).optional(),
  weightDecay: nonNegativeNumber.default(0),
  holdOut: fraction.default(0.2),
  test: z.string().optional(),
  images: wholeNumber(1).optional(),
  seed: seedOption.default(0),
  deterministic: z.boolean().default(false),
  out: z.string().optional(),
  backend: z.string().optional(),
});

type Options = z.output<typeof schema>;

type Opening = Omit<OpenImagesOptions, 'data' | 'split'>;

interface Datasets {
  classNames: readonly string[];
  train: Dataset;
  /** What is held out of the training images; empty for a share of 0. */
  validation: Dataset;
  /** Images of their own, where there are such. */
  test: Dataset | undefined;
}

/** A net that knows the data's classes, and the data as the net takes it; the caller disposes the net. */
async function prepare(
  data: string,
  options: Options,
  opening: Opening,
): Promise<Datasets & { backbone: Backbone; net: ImageModel }> {
  const { model, weights, seed } = options;
  const images = await openImages({ ...opening, data, split: 'train' });
  const { classNames } = images;
  const spec: BackboneSpec = {
    ...{ model, weights, taps: ['preLogits'], pool: 'avg' },
    options: { ...modelOptionsOf(options), seed },
  };
  const backbone = await loadBackbone(spec, opening);
  try {
    const net = seeded(seed, () => withClasses(backbone.net, classNames.length, model));
    const all = await prepareFor(backbone, images, []);
    const [train, validation] = holdOut(all, { fraction: options.holdOut, seed });
    const testName = options.test ?? (opening.registry.listDatasets().includes(data) ? data : undefined);
    const test =
      testName === undefined
        ? undefined
        : await prepareFor(backbone, await openImages({ ...opening, data: testName, split: 'test', classNames }), []);
    return { backbone, net, classNames, train, validation, test };
  } catch (error) {
    backbone.net.dispose();
    throw error;
  }
}

/** A fresh classifier for the data's classes. */
function withClasses(net: unknown, numClasses: number, model: string): ImageModel {
  if (typeof (net as Partial<ImageModel>).forwardHead === 'function') return replaceHead(net as ImageModel, numClasses);
  throw new ZooError('NOT_SUPPORTED', `${model} cannot be fine-tuned: it does not part features from a classifier.`);
}

function createTrainer(net: ImageModel, options: Options, told: Callback): Trainer {
  const { lr, headLr, layerDecay, unfreezeEvery } = options;
  const groups: LearningRateGroup[] = parameterGroups(net, {
    lr,
    ...(headLr !== undefined && { headLr }),
    ...(layerDecay !== undefined && { layerDecay }),
  });
  return new Trainer({
    model: net,
    optimizer: headOptimizer(options)(groups),
    loss: crossEntropy,
    callbacks: [...(unfreezeEvery === undefined ? [] : [gradualUnfreezing({ every: unfreezeEvery })]), told],
  });
}

const tellProgress = (output: Output, bar: ProgressLine, epochs: number): Callback => ({
  onBatchEnd: ({ epoch, batch, numBatches }) =>
    bar.show({ label: `epoch ${epoch}/${epochs}`, done: batch, total: numBatches }),
  onEpochEnd: (record) => {
    bar.clear();
    output.progress(formatEpoch(record, { epochs, measured: 'validation' }));
  },
});

/** `zoo finetune DATA --model NAME --weights W`. */
export const finetuneCommand: Command = async ({ io, output, registry }, [data = ''], raw) => {
  const options = checkOptions(schema, raw);
  const { model, epochs, batchSize, seed, images } = options;
  const { name: backend } = await startBackend(options.backend, { registry, env: io.env });
  setDeterministic(options.deterministic);
  const bar = new ProgressLine(output);
  const folder = new RunFolder(io.cwd, options.out ?? join('runs', `${model}-${basename(data)}-finetuned`));
  const tune = async (signal: AbortSignal): Promise<number> => {
    const onNotice = (notice: string): void => output.warn(notice);
    const opening: Opening = { registry, cwd: io.cwd, images, signal, onProgress: bar.download, onNotice };
    const { backbone, net, classNames, train, validation, test } = await prepare(data, options, opening);
    let trainer: Trainer | undefined;
    try {
      trainer = createTrainer(net, options, tellProgress(output, bar, epochs));
      const history = await trainer.fit(new DataLoader(train, { batchSize, shuffle: true, seed }), {
        epochs,
        signal,
        ...(validation.length > 0 && { validation: new DataLoader(validation, { batchSize }) }),
      });
      const [measured, dataset] = test
        ? (['test', test] as const)
        : validation.length > 0
          ? (['validation', validation] as const)
          : (['train', train] as const);
      const topK = Math.min(5, classNames.length);
      const { measurement } = await measure({ net, dataset, classNames, batchSize, topK, signal });
      const { seed: _, ...own } = backbone.options;
      const record = { name: model, options: { ...own, numClasses: classNames.length }, classNames };
      const metadata = weightsMetadata({ ...record, input: backbone.inputSpec });
      await saveSafetensors(folder.file('model'), await net.stateDict(), metadata);
      const document = { data, settings: options, backend, ...history.toJSON(), [measured]: measurement };
      await folder.write('history', `${JSON.stringify(document, null, 2)}\n`);
      const heading = `${model} on ${data} (${measured}) after ${epochs} epochs of fine-tuning`;
      output.result(
        { ...document, weights: folder.file('model') },
        [heading, formatMeasurement(measurement), `weights ${folder.shown('model')}`].join('\n'),
      );
      return exitCodes.ok;
    } finally {
      trainer?.dispose();
      net.dispose();
    }
  };
  try {
    return await folder.hold(() => interruptible(io, 'The fine-tuning', tune, 'What the net learned is lost.'));
  } finally {
    bar.clear();
    setDeterministic(false);
  }
};
