import { resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { nearest, ZooError } from '@zoo/core';
import { writeFileAtomic } from '@zoo/weights/node';
import { z } from 'zod';
import type { Command } from '../context.ts';
import { readImage } from '../data/read-image.ts';
import { exitCodes } from '../exit-codes.ts';
import { interruptible } from '../interruptible.ts';
import { classify } from '../net/classify.ts';
import { inputSpecOf } from '../net/create-net.ts';
import { loadNet, namesOf } from '../net/load-net.ts';
import { modelOptionsOf, modelOptionsShape } from '../options/model-options.ts';
import { checkOptions } from '../options/values.ts';
import { percent } from '../output/format-measurement.ts';
import { ProgressLine } from '../output/progress-line.ts';
import { startBackend } from '../registry/backend.ts';
import { glow, overlay, rasterOf } from '../report/heat-map.ts';
import { enlarged, rasterPng, sideBySide } from '../report/raster.ts';
import { gradCamMaps, saliencyMaps } from '../study/explain-net.ts';

const schema = z.object({
  ...modelOptionsShape,
  model: z.string().optional(),
  weights: z.string(),
  class: z.string().optional(),
  layer: z.string().optional(),
  out: z.string().default('heat.png'),
  backend: z.string().optional(),
});

/** Each of the three pictures has about this many pixels along a side. */
const side = 320;

/** The label that a class's name or number means. Throws `UNKNOWN_NAME`. */
function labelOf(text: string, names: readonly string[]): number {
  const byName = names.findIndex((name) => name.toLowerCase() === text.toLowerCase());
  if (byName >= 0) return byName;
  const number = Number(text);
  if (Number.isInteger(number) && number >= 0 && number < names.length) return number;
  const suggestion = nearest(text, names);
  const hint = suggestion ? ` Did you mean '${suggestion}'?` : '';
  throw new ZooError(
    'UNKNOWN_NAME',
    `The net has no class '${text}'.${hint} Classes are named, or numbered from 0 to ${names.length - 1}.`,
  );
}

/** `zoo explain IMAGE --weights W`. */
export const explainCommand: Command = async ({ io, output, registry }, [path = ''], raw) => {
  const options = checkOptions(schema, raw);
  await startBackend(options.backend, { registry, env: io.env });
  const bar = new ProgressLine(output);
  const loaded = await interruptible(io, 'The explanation', (signal) =>
    loadNet({
      registry,
      cwd: io.cwd,
      weights: options.weights,
      model: options.model,
      options: modelOptionsOf(options),
      onProgress: bar.download,
      onNotice: (notice) => output.warn(notice),
      signal,
    }),
  ).finally(() => bar.clear());
  const { net, model } = loaded;
  try {
    const inputSpec = inputSpecOf(net);
    if (!inputSpec) throw new ZooError('NOT_SUPPORTED', `${model} takes no images.`);
    const inputShape = [...inputSpec.size, inputSpec.channels] as [number, number, number];
    const pixels = await readImage(resolve(io.cwd, path), inputSpec);
    const nameOf = await namesOf(loaded);
    const ranking = await classify(net, { image: pixels, inputShape, nameOf, topK: Number.POSITIVE_INFINITY });
    const names = [...ranking].sort((a, b) => a.label - b.label).map(({ name }) => name);
    const classIndex = options.class === undefined ? ranking[0]!.label : labelOf(options.class, names);
    const { probability } = ranking.find(({ label }) => label === classIndex)!;
    const images = tf.tensor4d(pixels, [1, ...inputShape]);
    try {
      const [cam] = await gradCamMaps(net, images, { classIndex, layer: options.layer });
      const [pixelMap] = await saliencyMaps(net, images, { classIndex });
      const image = rasterOf({ pixels, inputSpec });
      const panels = [image, overlay(image, cam!), glow(pixelMap!, image)];
      const factor = Math.max(1, Math.round(side / image.width));
      const file = resolve(io.cwd, options.out);
      await writeFileAtomic(file, [await rasterPng(enlarged(sideBySide(panels, 1), factor))]);
      const answer = { label: classIndex, name: names[classIndex]!, probability };
      output.result(
        { file: path, model, explained: answer, answers: ranking.slice(0, 5), out: file },
        `${answer.name} (${percent(probability)}): the image as the net sees it, Grad-CAM, saliency\n${options.out}`,
      );
      return exitCodes.ok;
    } finally {
      images.dispose();
    }
  } finally {
    net.dispose();
  }
};
