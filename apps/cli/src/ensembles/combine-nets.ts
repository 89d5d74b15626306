import { ZooError } from '@zoo/core';
import type { EnsembleOptions } from '../commands/ensemble.ts';
import type { CommandContext } from '../context.ts';
import type { ImageSource } from '../data/image-source.ts';
import { type OpenImagesOptions, openImages } from '../data/open-images.ts';
import { sameNames } from '../data/same-names.ts';
import { UsageError } from '../exit-codes.ts';
import type { EnsembleSpec } from '../experiment/ensemble-schema.ts';
import { interruptible } from '../interruptible.ts';
import { inputSpecOf } from '../net/create-net.ts';
import { type LoadedNet, loadNet } from '../net/load-net.ts';
import { formatMeasurement, percent } from '../output/format-measurement.ts';
import { ProgressLine } from '../output/progress-line.ts';
import { formatTable } from '../output/table.ts';
import { startBackend } from '../registry/backend.ts';
import { fitVote, type VotePart } from '../study/fit-ensemble.ts';
import { logitsOf, measureScores, type Scores, softmaxOf } from '../study/scores.ts';

export interface OfNets {
  files: readonly string[];
  names: readonly string[];
  spec: Exclude<EnsembleSpec, { type: 'features' }>;
  options: EnsembleOptions & { data: string };
}

/** Members must know the classes of the data, in their order. Throws `INVALID_ARGUMENT`. */
function checkClasses({ classNames }: LoadedNet, name: string, images: ImageSource): void {
  if (!Array.isArray(classNames) || sameNames(classNames, images.classNames)) return;
  throw new ZooError(
    'INVALID_ARGUMENT',
    `${name} knows the classes ${classNames.join(', ')}, but ${images.name} has ${images.classNames.join(', ')}.`,
  );
}

/** Lets trained nets vote on images, and measures them and their ensemble. */
export async function combineNets(
  { io, output, registry }: CommandContext,
  { files, names, spec, options }: OfNets,
): Promise<void> {
  const { data, split = 'test', fit, images: limit } = options;
  if ((spec.type === 'weighted' || spec.type === 'stack') && fit === undefined)
    throw new UsageError(`--type ${spec.type} is fitted: name the images for it by --fit, other ones than --data.`);
  const { name: backend } = await startBackend(options.backend, { registry, env: io.env });
  const bar = new ProgressLine(output);
  const nets: LoadedNet[] = [];
  try {
    await interruptible(io, 'The ensemble', async (signal) => {
      const onNotice = (notice: string): void => output.warn(notice);
      const opening: Omit<OpenImagesOptions, 'data' | 'split'> = {
        registry,
        cwd: io.cwd,
        images: limit,
        signal,
        onProgress: bar.download,
        onNotice,
      };
      const withoutSplits = options.split ? 'refuse' : 'all';
      const test = await openImages({ ...opening, data, split, withoutSplits });
      const { classNames } = test;
      const fitting =
        fit === undefined ? undefined : await openImages({ ...opening, data: fit, split: 'train', classNames });
      for (const [i, weights] of files.entries()) {
        const net = await loadNet({ registry, cwd: io.cwd, weights, options: {}, onNotice, signal });
        nets.push(net);
        checkClasses(net, names[i]!, test);
      }
      const partOf = async (images: ImageSource): Promise<VotePart> => {
        const logits: Scores[] = [];
        for (const [i, { net, model }] of nets.entries()) {
          const inputSpec = inputSpecOf(net);
          if (!inputSpec) throw new ZooError('NOT_SUPPORTED', `${model} takes no images.`);
          const onBatch = (done: number, total: number) => bar.show({ label: names[i]!, done, total });
          logits.push(await logitsOf(net, images.preparedFor(inputSpec), { batchSize: 64, signal, onBatch }));
          bar.clear();
        }
        return { logits, labels: images.labels };
      };
      const part = await partOf(test);
      const fitted = await fitVote(spec, fitting ? await partOf(fitting) : part);
      try {
        const { labels } = test;
        const members = part.logits.map((logits, i) => ({
          name: names[i]!,
          ...measureScores(softmaxOf(logits), { labels, classNames }),
        }));
        const measurement = measureScores(await fitted.predict(part), { labels, classNames });
        const { weights } = fitted;
        const rows = [
          ...members.map(({ name, accuracy }, i) => [name, weights ? weights[i]!.toFixed(3) : '', percent(accuracy)]),
          [`ensemble: ${spec.type}`, '', percent(measurement.accuracy)],
        ];
        output.result(
          { data, split, backend, ensemble: spec, ...(weights && { weights }), members, measurement },
          [
            formatTable({ head: ['', weights ? 'Weight' : '', 'Accuracy'], rows, right: [1, 2] }),
            '',
            formatMeasurement(measurement),
          ].join('\n'),
        );
      } finally {
        fitted.dispose();
      }
    });
  } finally {
    bar.clear();
    for (const { net } of nets) net.dispose();
  }
}
