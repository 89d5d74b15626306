import { basename, join, resolve } from 'node:path';
import type { ExtractionProgress } from '@zoo/transfer';
import { z } from 'zod';
import type { Command } from '../context.ts';
import { openImages } from '../data/open-images.ts';
import { exitCodes } from '../exit-codes.ts';
import type { BackboneSpec } from '../experiment/schema.ts';
import { storeFeatures } from '../features/store-features.ts';
import { type StoredSource, saveSource } from '../features/stored-source.ts';
import { interruptible } from '../interruptible.ts';
import { modelOptionsOf, modelOptionsShape } from '../options/model-options.ts';
import { nameList, poolOption } from '../options/transfer-options.ts';
import { checkOptions, oneOf, wholeNumber } from '../options/values.ts';
import { ProgressLine } from '../output/progress-line.ts';
import { startBackend } from '../registry/backend.ts';
import { loadBackbone, prepareFor } from '../study/backbone.ts';

const schema = z.object({
  ...modelOptionsShape,
  model: z.string(),
  weights: z.string(),
  taps: nameList.default(['preLogits']),
  pool: poolOption.default('avg'),
  split: oneOf(['train', 'test']).optional(),
  images: wholeNumber(1).optional(),
  batchSize: wholeNumber(1).default(32),
  skipBad: z.boolean().default(false),
  hashFiles: oneOf(['samples', 'whole']).default('samples'),
  overwrite: z.boolean().default(false),
  out: z.string().optional(),
  backend: z.string().optional(),
});

const partsKept = 'Features that were stored are kept: the same command goes on from there.';

/** `zoo extract DATA --model NAME --weights W`. */
export const extractCommand: Command = async ({ io, output, registry }, [data = ''], raw) => {
  const options = checkOptions(schema, raw);
  const { model, weights, taps, pool, split = 'train', images, batchSize, hashFiles, overwrite } = options;
  const stem = basename(data).replace(/\.(zip|csv|tsv)$/i, '');
  const dir = resolve(io.cwd, options.out ?? join('runs', 'features', `${model}-${stem}-${split}`));
  const spec: BackboneSpec = { model, weights, options: modelOptionsOf(options), taps, pool };
  const { name: backend } = await startBackend(options.backend, { registry, env: io.env });
  const bar = new ProgressLine(output);
  const started = performance.now();
  const work = async (signal: AbortSignal) => {
    const opening = {
      registry,
      cwd: io.cwd,
      signal,
      onProgress: bar.download,
      onNotice: (notice: string) => output.warn(notice),
    };
    const opened = await openImages({
      ...opening,
      data,
      split,
      images,
      withoutSplits: options.split ? 'refuse' : 'all',
    });
    const source = options.skipBad
      ? opened.skippingBad((name, reason) => output.warn(`Left out ${name}: ${reason}`))
      : opened;
    const backbone = await loadBackbone(spec, opening);
    try {
      const dataset = await prepareFor(backbone, source, []);
      const storing = {
        ...{ dir, taps, pool, batchSize, hashFiles, overwrite, signal },
        onProgress: ({ done, total }: ExtractionProgress) => bar.show({ label: 'Extracting', done, total }),
      };
      const words = { "onBadFile: 'skip'": '--skip-bad' };
      const extracted = await storeFeatures(backbone.net, dataset, storing, words);
      const record: StoredSource = { ...spec, cwd: io.cwd, data, split };
      await saveSource(dir, record);
      return extracted;
    } finally {
      backbone.net.dispose();
    }
  };
  const store = await interruptible(io, 'The extraction', work, partsKept).finally(() => bar.clear());
  const seconds = (performance.now() - started) / 1000;
  const { length, widths, classNames } = store;
  const described = Object.entries(widths).map(([tap, width]) => `${tap} ${width}`);
  output.result(
    {
      dir,
      model,
      weights,
      data,
      split,
      backend,
      examples: length,
      taps: store.taps,
      widths,
      pool,
      classNames,
      seconds,
    },
    `${length.toLocaleString('en-US')} x ${described.join(' + ')} features of ${model} in ${seconds.toFixed(1)} s\nstore ${dir}`,
  );
  return exitCodes.ok;
};
