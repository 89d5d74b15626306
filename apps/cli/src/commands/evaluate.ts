import { z } from 'zod';
import type { Command } from '../context.ts';
import { checkLabels, type OpenOptions, openForNet } from '../data/open-dataset.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { interruptible } from '../interruptible.ts';
import { checkOutput } from '../net/check-output.ts';
import { inputSpecOf } from '../net/create-net.ts';
import { loadNet } from '../net/load-net.ts';
import { measure } from '../net/measure.ts';
import { modelOptionsOf, modelOptionsShape } from '../options/model-options.ts';
import { checkOptions, oneOf, wholeNumber } from '../options/values.ts';
import { formatMeasurement } from '../output/format-measurement.ts';
import { ProgressLine } from '../output/progress-line.ts';
import { startBackend } from '../registry/backend.ts';

const schema = z.object({
  ...modelOptionsShape,
  model: z.string().optional(),
  data: z.string(),
  split: oneOf(['train', 'test']).optional(),
  topK: wholeNumber(1).optional(),
  batchSize: wholeNumber(1).default(256),
  resize: wholeNumber(1, 4096).optional(),
  images: wholeNumber(1).optional(),
  backend: z.string().optional(),
});

/** `zoo evaluate WEIGHTS`. */
export const evaluateCommand: Command = async ({ io, output, registry }, [path = ''], raw) => {
  const options = checkOptions(schema, raw);
  const { data, split = 'test', batchSize, resize, images: limit } = options;
  const onNotice = (notice: string): void => output.warn(notice);
  const { name: backend } = await startBackend(options.backend, { registry, env: io.env });
  const { net, model, classNames, ...loaded } = await loadNet({
    registry,
    cwd: io.cwd,
    weights: path,
    model: options.model,
    options: modelOptionsOf(options),
    onNotice,
  });
  const own = classNames === 'imagenet' ? undefined : classNames;
  const bar = new ProgressLine(output);
  try {
    const { measurement } = await interruptible(io, 'The evaluation', async (signal) => {
      const inputSpec = inputSpecOf(net);
      const opening: OpenOptions = {
        registry,
        cwd: io.cwd,
        data,
        split,
        withoutSplits: options.split ? 'refuse' : 'all',
        inputSpec,
        size: resize === undefined ? inputSpec?.size : [resize, resize],
        images: limit,
        signal,
        onProgress: bar.download,
        onNotice,
      };
      const images = await openForNet(opening, own);
      const numClasses = checkOutput(net, { model, data, inputShape: images.dataset.inputShape });
      checkLabels(images, { data, numClasses });
      const names = namesFor(numClasses, [own, images.classNames]);
      const topK = options.topK ?? Math.min(5, numClasses);
      if (topK > numClasses) throw new UsageError(`Option --top-k is at most the number of classes, ${numClasses}.`);
      const onBatch = (done: number, total: number) => bar.show({ label: 'Evaluating', done, total });
      return measure({ net, dataset: images.dataset, classNames: names, batchSize, topK, signal, onBatch });
    });
    bar.clear();
    const heading = `${model} on ${data} (${split}), backend ${backend}`;
    output.result(
      { model, options: loaded.options, data, split, backend, ...measurement },
      `${heading}\n${formatMeasurement(measurement)}`,
    );
    return exitCodes.ok;
  } finally {
    bar.clear();
    net.dispose();
  }
};

/** The first list that names every class; else plain numbers. */
function namesFor(numClasses: number, lists: readonly (readonly string[] | undefined)[]): readonly string[] {
  const fitting = lists.find((names) => names?.length === numClasses);
  return fitting ?? Array.from({ length: numClasses }, (_, label) => `${label}`);
}
