import { resolve } from 'node:path';
import { ZooError } from '@zoo/core';
import { z } from 'zod';
import type { Command } from '../context.ts';
import { readImage } from '../data/read-image.ts';
import { exitCodes } from '../exit-codes.ts';
import { classify } from '../net/classify.ts';
import { inputSpecOf } from '../net/create-net.ts';
import { loadNet } from '../net/weights-file.ts';
import { modelOptionsOf, modelOptionsShape } from '../options/model-options.ts';
import { checkOptions, wholeNumber } from '../options/values.ts';
import { percent } from '../output/format-measurement.ts';
import { formatTable } from '../output/table.ts';
import { startBackend } from '../registry/backend.ts';

const schema = z.object({
  ...modelOptionsShape,
  model: z.string().optional(),
  topK: wholeNumber(1).default(3),
  backend: z.string().optional(),
});

/** `zoo predict WEIGHTS IMAGE...`. */
export const predictCommand: Command = async ({ io, output, registry }, [path = '', ...files], raw) => {
  const options = checkOptions(schema, raw);
  const { name: backend } = await startBackend(options.backend, { registry, env: io.env });
  const {
    net,
    model,
    classNames = [],
  } = await loadNet({
    registry,
    cwd: io.cwd,
    path,
    model: options.model,
    options: modelOptionsOf(options),
  });
  try {
    const spec = inputSpecOf(net);
    if (!spec) throw new ZooError('NOT_SUPPORTED', `${model} takes no images.`);
    const images: Float32Array[] = [];
    for (const file of files) images.push(await readImage(resolve(io.cwd, file), spec));
    const answers = await classify(net, {
      images,
      inputShape: [...spec.size, spec.channels],
      classNames,
      topK: options.topK,
    });
    const predictions = files.map((file, i) => ({ file, answers: answers[i]! }));
    const rows = predictions.map(({ file, answers: best }) => [
      file,
      ...best.map(({ name, probability }) => `${name} ${percent(probability)}`),
    ]);
    const head = ['Image', 'Answer', ...answers[0]!.slice(1).map((_, i) => `${i + 2}.`)];
    output.result({ model, backend, predictions }, formatTable({ head, rows }));
    return exitCodes.ok;
  } finally {
    net.dispose();
  }
};
