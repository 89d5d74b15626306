import { join, resolve } from 'node:path';
import { ZooError } from '@zoo/core';
import { type ConcatenatedFeatures, concatFeatures } from '@zoo/ensemble';
import { openFeatureStore } from '@zoo/transfer/node';
import { saveSafetensors, writeFileAtomic } from '@zoo/weights/node';
import type { EnsembleOptions } from '../commands/ensemble.ts';
import type { CommandContext } from '../context.ts';
import { UsageError } from '../exit-codes.ts';
import type { EnsembleSpec } from '../experiment/ensemble-schema.ts';
import { interruptible } from '../interruptible.ts';
import { formatMeasurement, percent } from '../output/format-measurement.ts';
import { withOutputFolder } from '../output/output-folder.ts';
import { startBackend } from '../registry/backend.ts';
import { fitFeatures } from '../study/fit-ensemble.ts';
import { holdOut } from '../study/gather-data.ts';
import { measureScores } from '../study/scores.ts';

export interface OnStores {
  paths: readonly string[];
  names: readonly string[];
  spec: Extract<EnsembleSpec, { type: 'features' }>;
  options: EnsembleOptions;
}

async function joinStores(paths: readonly string[], names: readonly string[]): Promise<ConcatenatedFeatures> {
  const stores = await Promise.all(paths.map((path) => openFeatureStore(path)));
  return concatFeatures(Object.fromEntries(stores.map((store, i) => [names[i]!, store])));
}

/** Trains the ensemble of features on stores, and measures it on what was held out or on the stores of `--test`. */
export async function fitOnStores(
  { io, output, registry }: CommandContext,
  { paths, names, spec, options }: OnStores,
): Promise<void> {
  const { seed, test: testPaths } = options;
  if (testPaths && testPaths.length !== paths.length)
    throw new UsageError(`--test takes one store for each of the ${paths.length} backbones, in their order.`);
  const joined = await joinStores(paths, names);
  const { labels, widths } = joined;
  if (!labels) throw new ZooError('INVALID_ARGUMENT', `${paths[0]} has no class labels to learn.`);
  const classNames = joined.classNames ?? Array.from({ length: Math.max(...labels) + 1 }, (_, label) => `${label}`);
  const [train, validation] = holdOut(joined, { fraction: options.holdOut, seed });
  const test =
    testPaths &&
    (await joinStores(
      testPaths.map((path) => resolve(io.cwd, path)),
      names,
    ));
  const { name: backend } = await startBackend(options.backend, { registry, env: io.env });
  const out = resolve(io.cwd, options.out ?? join('runs', 'ensemble'));
  await withOutputFolder(io.cwd, out, async () => {
    const started = performance.now();
    const fitted = await interruptible(io, 'The training', (signal) =>
      fitFeatures(spec, { train, validation, widths, numClasses: classNames.length, seed, signal }),
    );
    const seconds = (performance.now() - started) / 1000;
    try {
      const measured = async (features: typeof validation) =>
        measureScores(await fitted.predict({ features }), {
          labels: features.labels!,
          classNames,
        });
      const figures = { validation: await measured(validation), ...(test && { test: await measured(test) }) };
      const file = join(out, 'ensemble.safetensors');
      await saveSafetensors(file, await fitted.net.stateDict(), {
        'zoo.ensemble': JSON.stringify({
          widths,
          hidden: spec.hidden,
          dropRate: spec.dropRate,
          numClasses: classNames.length,
        }),
        'zoo.classes': JSON.stringify(classNames),
      });
      const result = { members: names, ensemble: spec, seed, backend, seconds, ...figures, weights: file };
      await writeFileAtomic(join(out, 'results.json'), [Buffer.from(`${JSON.stringify(result, null, 2)}\n`)]);
      const parts = [
        `validation ${percent(figures.validation.accuracy)}`,
        ...(figures.test ? [`test ${percent(figures.test.accuracy)}`] : []),
      ];
      output.result(
        result,
        [
          `Ensemble of the features of ${names.join(', ')} in ${seconds.toFixed(1)} s: accuracy ${parts.join(', ')}`,
          ...(figures.test ? [formatMeasurement(figures.test)] : []),
          `weights ${file}`,
        ].join('\n'),
      );
    } finally {
      fitted.dispose();
    }
  });
}
