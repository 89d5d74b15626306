import { basename, join, resolve } from 'node:path';
import { isZooError, ZooError } from '@zoo/core';
import type { Dataset } from '@zoo/datasets';
import { type FeatureStore, openFeatureStore } from '@zoo/transfer/node';
import { writeFileAtomic } from '@zoo/weights/node';
import { z } from 'zod';
import type { Command, CommandContext } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { readSource } from '../features/stored-source.ts';
import { interruptible } from '../interruptible.ts';
import type { Measurement } from '../net/measure.ts';
import { headOf, headShape, nameList, seedOption } from '../options/transfer-options.ts';
import { checkOptions, fraction } from '../options/values.ts';
import { formatMeasurement, percent } from '../output/format-measurement.ts';
import { withOutputFolder } from '../output/output-folder.ts';
import { startBackend } from '../registry/backend.ts';
import { type Backbone, loadBackbone } from '../study/backbone.ts';
import { type FittedHead, fitHead } from '../study/fit-head.ts';
import { holdOut } from '../study/gather-data.ts';
import { describeSpec } from '../study/plan.ts';
import { saveFused } from '../study/save-member.ts';
import { logitsOf, measureScores, softmaxOf } from '../study/scores.ts';

const schema = z.object({
  ...headShape,
  taps: nameList.optional(),
  validation: z.string().optional(),
  holdOut: fraction.default(0.2),
  test: z.string().optional(),
  seed: seedOption.default(0),
  out: z.string().optional(),
  backend: z.string().optional(),
});

/** Other stores must hold features of the same net. Throws `INVALID_ARGUMENT`. */
function refuseOther(store: FeatureStore, other: FeatureStore): void {
  const [a, b] = [store.manifest.source, other.manifest.source];
  const differs = (['net', 'weights', 'pool'] as const).find((key) => a[key] !== b[key]);
  const what = a.taps.join() === b.taps.join() ? differs : 'taps';
  if (!what) return;
  throw new ZooError(
    'INVALID_ARGUMENT',
    `${other.dir} and ${store.dir} have features of different ${what} (${String(b[what]).slice(0, 24)} and ${String(a[what]).slice(0, 24)}): extract both with one net.`,
  );
}

async function measured({ head }: FittedHead, dataset: Dataset, classNames: readonly string[]): Promise<Measurement> {
  const started = performance.now();
  const scores = softmaxOf(await logitsOf(head, dataset));
  return measureScores(scores, {
    labels: dataset.labels!,
    classNames,
    seconds: (performance.now() - started) / 1000,
  });
}

/** The backbone of the stored features; undefined, with a notice, where it cannot be had any more. */
async function backboneOf(
  store: FeatureStore,
  taps: readonly string[],
  { registry, output }: Pick<CommandContext, 'registry' | 'output'>,
): Promise<Backbone | undefined> {
  const source = await readSource(store.dir);
  if (!source) return undefined;
  try {
    return await loadBackbone({ ...source, taps: [...taps] }, { registry, cwd: source.cwd });
  } catch (error) {
    if (!isZooError(error)) throw error;
    output.warn(`No deployable net is written: the backbone cannot be loaded. ${error.message}`);
    return undefined;
  }
}

/** `zoo head STORE`. */
export const headCommand: Command = async ({ io, output, registry }, [path = ''], raw) => {
  const options = checkOptions(schema, raw);
  const spec = headOf(options);
  const { seed } = options;
  const store = await openFeatureStore(resolve(io.cwd, path));
  if (!store.labels) throw new ZooError('INVALID_ARGUMENT', `${store.dir} has no class labels to learn.`);
  const open = async (other: string | undefined): Promise<FeatureStore | undefined> => {
    if (other === undefined) return undefined;
    const opened = await openFeatureStore(resolve(io.cwd, other));
    refuseOther(store, opened);
    return opened;
  };
  const [own, test] = [await open(options.validation), await open(options.test)];
  const taps = options.taps ?? store.taps;
  const rows = store.dataset(taps);
  const [train, validation] = own
    ? [rows, own.dataset(taps)]
    : options.holdOut > 0
      ? holdOut(rows, { fraction: options.holdOut, seed })
      : [rows, undefined];
  const classNames =
    store.classNames ?? Array.from({ length: Math.max(...store.labels) + 1 }, (_, label) => `${label}`);
  const { name: backend } = await startBackend(options.backend, { registry, env: io.env });
  const out = resolve(io.cwd, options.out ?? join('runs', `${basename(store.dir)}-${spec.type}`));
  return withOutputFolder(io.cwd, out, async () => {
    const fitted = await interruptible(io, 'The training', (signal) =>
      fitHead(spec, train, { validation, numClasses: classNames.length, seed, signal }),
    );
    try {
      const figures = {
        train: await measured(fitted, train, classNames),
        ...(validation && { validation: await measured(fitted, validation, classNames) }),
        ...(test && { test: await measured(fitted, test.dataset(taps), classNames) }),
      };
      const backbone = await backboneOf(store, taps, { registry, output });
      const file = join(out, 'model.safetensors');
      if (backbone) {
        try {
          await saveFused(file, backbone, fitted, classNames);
        } finally {
          backbone.net.dispose();
        }
      }
      const { history, seconds } = fitted;
      const result = {
        store: store.dir,
        head: spec,
        taps,
        seed,
        backend,
        seconds,
        ...figures,
        ...(backbone && { weights: file }),
        ...history?.toJSON(),
      };
      await writeFileAtomic(join(out, 'results.json'), [Buffer.from(`${JSON.stringify(result, null, 2)}\n`)]);
      const parts = (['train', 'validation', 'test'] as const).flatMap((part) => {
        const found = figures[part];
        return found ? [`${part} ${percent(found.accuracy)}`] : [];
      });
      output.result(
        result,
        [
          `${describeSpec(spec)} on ${rows.inputShape[0]} features in ${seconds.toFixed(1)} s: accuracy ${parts.join(', ')}`,
          ...(figures.test ? [formatMeasurement(figures.test)] : []),
          backbone ? `weights ${file}` : `results ${join(out, 'results.json')}`,
        ].join('\n'),
      );
      return exitCodes.ok;
    } finally {
      fitted.head.dispose();
    }
  });
};
