import { basename, join } from 'node:path';
import { type ImageModel, seeded, setDeterministic, ZooError } from '@zoo/core';
import { DataLoader, type Dataset } from '@zoo/datasets';
import { type Callback, crossEntropy, Trainer } from '@zoo/train';
import { gradualUnfreezing, type LearningRateGroup, parameterGroups, replaceHead } from '@zoo/transfer';
import { saveSafetensors } from '@zoo/weights/node';
import { z } from 'zod';
import type { Command } from '../context.ts';
import { openImages } from '../data/open-images.ts';
import { exitCodes } from '../exit-codes.ts';
import { interruptible } from '../interruptible.ts';
import { measure } from '../net/measure.ts';
import { weightsMetadata } from '../net/weights-metadata.ts';
import { modelOptionsOf, modelOptionsShape } from '../options/model-options.ts';
import { seedOption } from '../options/transfer-options.ts';
import { checkOptions, fraction, nonNegativeNumber, oneOf, positiveNumber, wholeNumber } from '../options/values.ts';
import { formatMeasurement } from '../output/format-measurement.ts';
import { ProgressLine } from '../output/progress-line.ts';
import { startBackend } from '../registry/backend.ts';
import { loadBackbone, prepareFor } from '../study/backbone.ts';
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

/** Registered datasets and folders with a test split are tested on it. */
const testOf = (options: Options, data: string, datasets: readonly string[]): string | undefined =>
  options.test ?? (datasets.includes(data) ? data : undefined);

/** A fresh classifier for the data's classes. */
function withClasses(net: unknown, numClasses: number, model: string): ImageModel {
  if (typeof (net as Partial<ImageModel>).forwardHead === 'function') return replaceHead(net as ImageModel, numClasses);
  throw new ZooError('NOT_SUPPORTED', `${model} cannot be fine-tuned: it does not part features from a classifier.`);
}

function createTrainer(net: ImageModel, options: Options, callbacks: readonly Callback[]): Trainer {
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
    callbacks: [...(unfreezeEvery === undefined ? [] : [gradualUnfreezing({ every: unfreezeEvery })]), ...callbacks],
  });
}

/** `zoo finetune DATA --model NAME --weights W`. */
export const finetuneCommand: Command = async ({ io, output, registry }, [data = ''], raw) => {
  const options = checkOptions(schema, raw);
  const { model, weights, epochs, batchSize, seed } = options;
  const { name: backend } = await startBackend(options.backend, { registry, env: io.env });
  setDeterministic(options.deterministic);
  const bar = new ProgressLine(io, output);
  const folder = new RunFolder(io.cwd, options.out ?? join('runs', `${model}-${basename(data)}-finetuned`));
  try {
    return await interruptible(io, 'The fine-tuning', async (signal) => {
      const onNotice = (notice: string): void => output.warn(notice);
      const opening = { registry, cwd: io.cwd, signal, onProgress: bar.download, onNotice, images: options.images };
      const images = await openImages({ ...opening, data, split: 'train' });
      const { classNames } = images;
      const backbone = await loadBackbone(
        { model, weights, options: { ...modelOptionsOf(options), seed }, taps: ['preLogits'], pool: 'avg' },
        opening,
      );
      const net = seeded(seed, () => withClasses(backbone.net, classNames.length, model));
      let trainer: Trainer | undefined;
      try {
        const all = await prepareFor(backbone, images, []);
        const [train, validation] = holdOut(all, { fraction: options.holdOut, seed });
        const testName = testOf(options, data, registry.listDatasets());
        const test: Dataset | undefined =
          testName === undefined
            ? undefined
            : await prepareFor(
                backbone,
                await openImages({ ...opening, data: testName, split: 'test', classNames }),
                [],
              );
        const told: Callback = {
          onBatchEnd: ({ epoch, batch, numBatches }) =>
            bar.show({ label: `epoch ${epoch}/${epochs}`, done: batch, total: numBatches }),
          onEpochEnd: (record) => {
            bar.clear();
            output.progress(formatEpoch(record, { epochs, measured: 'validation' }));
          },
        };
        trainer = createTrainer(net, options, [told]);
        const history = await trainer.fit(new DataLoader(train, { batchSize, shuffle: true, seed }), {
          epochs,
          signal,
          ...(validation.length > 0 && { validation: new DataLoader(validation, { batchSize }) }),
        });
        const { measurement } = await measure({
          net,
          dataset: test ?? validation,
          classNames,
          batchSize,
          topK: Math.min(5, classNames.length),
          signal,
        });
        await folder.create();
        const { seed: __, ...own } = backbone.options;
        const factory = { ...own, numClasses: classNames.length };
        await saveSafetensors(
          folder.file('model'),
          await net.stateDict(),
          weightsMetadata({ name: model, options: factory, classNames, input: backbone.inputSpec }),
        );
        const { seed: _, ...settings } = options;
        const document = {
          data,
          settings,
          seed,
          backend,
          ...history.toJSON(),
          [test ? 'test' : 'validation']: measurement,
        };
        await folder.write('history', `${JSON.stringify(document, null, 2)}\n`);
        output.result(
          { ...document, weights: folder.file('model') },
          [
            `${model} on ${data} (${test ? 'test' : 'validation'}) after ${epochs} epochs of fine-tuning`,
            formatMeasurement(measurement),
            `weights ${folder.shown('model')}`,
          ].join('\n'),
        );
        return exitCodes.ok;
      } finally {
        trainer?.dispose();
        net.dispose();
      }
    });
  } finally {
    bar.clear();
    setDeterministic(false);
  }
};
