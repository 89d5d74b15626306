import { resolve } from 'node:path';
import { type InputSpec, ZooError } from '@zoo/core';
import { z } from 'zod';
import type { Command } from '../context.ts';
import { readImage } from '../data/read-image.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { interruptible } from '../interruptible.ts';
import { type Candidate, classify } from '../net/classify.ts';
import { inputSpecOf } from '../net/create-net.ts';
import { type LoadedNet, loadNet, namesOf } from '../net/load-net.ts';
import { modelOptionsOf, modelOptionsShape } from '../options/model-options.ts';
import { checkOptions, wholeNumber } from '../options/values.ts';
import { percent } from '../output/format-measurement.ts';
import { ProgressLine } from '../output/progress-line.ts';
import { formatTable } from '../output/table.ts';
import { formatTiming, Stopwatch, type Timing } from '../output/timing.ts';
import { startBackend } from '../registry/backend.ts';

const schema = z.object({
  ...modelOptionsShape,
  model: z.string().optional(),
  weights: z.string().optional(),
  topK: wholeNumber(1).optional(),
  timing: z.boolean().default(false),
  backend: z.string().optional(),
});

interface Prediction {
  file: string;
  answers: Candidate[];
}

/** `IMAGE... --weights W`, or the weights before the images. */
function parseOperands(operands: readonly string[], weights: string | undefined): { weights: string; files: string[] } {
  if (weights !== undefined) return { weights, files: [...operands] };
  const [first = '', ...files] = operands;
  if (files.length > 0) return { weights: first, files };
  throw new UsageError(
    `Name the weights: 'zoo predict ${first} --weights W', a file, https: address, hf: id or, with --model, a name such as IMAGENET1K_V1.`,
  );
}

function format(predictions: readonly Prediction[]): string {
  const [only] = predictions;
  if (only && predictions.length === 1) {
    const rows = only.answers.map(({ name, probability }) => [name, percent(probability)]);
    return formatTable({ head: [only.file, ''], rows, right: [1] });
  }
  const head = ['Image', 'Answer', ...only!.answers.slice(1).map((_, i) => `${i + 2}.`)];
  const rows = predictions.map(({ file, answers }) => [
    file,
    ...answers.map(({ name, probability }) => `${name} ${percent(probability)}`),
  ]);
  return formatTable({ head, rows });
}

function specOf({ net, model }: LoadedNet): InputSpec {
  const spec = inputSpecOf(net);
  if (spec) return spec;
  throw new ZooError('NOT_SUPPORTED', `${model} takes no images.`);
}

/** `zoo predict IMAGE... --weights W`. */
export const predictCommand: Command = async ({ io, output, registry, importTime }, operands, raw) => {
  const options = checkOptions(schema, raw);
  const { weights, files } = parseOperands(operands, options.weights);
  const watch = new Stopwatch();
  const { name: backend } = await startBackend(options.backend, { registry, env: io.env });
  const backendTime = watch.lap();
  const bar = new ProgressLine(output);
  const loaded = await interruptible(io, 'The prediction', (signal) =>
    loadNet({
      registry,
      cwd: io.cwd,
      weights,
      model: options.model,
      options: modelOptionsOf(options),
      onProgress: bar.download,
      onNotice: (notice) => output.warn(notice),
      signal,
    }),
  ).finally(() => bar.clear());
  const { net, model } = loaded;
  try {
    const spec = specOf(loaded);
    const nameOf = await namesOf(loaded);
    net.optimizeForInference();
    const topK = options.topK ?? (files.length === 1 ? 5 : 3);
    const loadTime = watch.lap();
    const inputShape = [...spec.size, spec.channels];
    const predictions: Prediction[] = [];
    const runs: number[] = [];
    let imageTime = 0;
    for (const [i, file] of files.entries()) {
      const image = await readImage(resolve(io.cwd, file), spec);
      imageTime = i === 0 ? watch.lap() : imageTime;
      watch.lap();
      predictions.push({ file, answers: await classify(net, { image, inputShape, nameOf, topK }) });
      runs.push(watch.lap());
      if (options.timing && files.length === 1) {
        await classify(net, { image, inputShape, nameOf, topK });
        runs.push(watch.lap());
      }
    }
    const [firstRun = 0, ...later] = runs;
    const timing: Timing = {
      firstPrediction: importTime + backendTime + loadTime + imageTime + firstRun,
      import: importTime,
      backend: backendTime,
      load: loadTime,
      image: imageTime,
      firstRun,
      run: later.at(-1) ?? null,
    };
    output.result({ model, backend, predictions, timing }, format(predictions));
    if (options.timing && !output.json) io.out(`${formatTiming(timing)}\n`);
    else output.progress(formatTiming(timing));
    return exitCodes.ok;
  } finally {
    net.dispose();
  }
};
