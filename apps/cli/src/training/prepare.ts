import { join } from 'node:path';
import { formatShape, type InputSpec, type ModelOptions, type Registry, ZooError } from '@zoo/core';
import { DataLoader } from '@zoo/datasets';
import { checkLabels, type LabelledImages, type OpenOptions, openDataset } from '../data/open-dataset.ts';
import { checkOutput } from '../net/check-output.ts';
import { createNet, inputSpecOf, type Net } from '../net/create-net.ts';
import type { NetRecord } from '../net/weights-metadata.ts';
import type { TrainSettings } from './settings.ts';

/** Everything a training needs besides optimizer and trainer. */
export interface Prepared {
  net: Net;
  record: NetRecord;
  train: LabelledImages;
  test: LabelledImages;
  trainLoader: DataLoader;
  testLoader: DataLoader;
  /** Height and width of the data's images, where they are resized. */
  resizedFrom: readonly [number, number] | undefined;
}

export interface PrepareOptions extends Pick<OpenOptions, 'signal' | 'onProgress' | 'onNotice'> {
  registry: Registry;
  cwd: string;
}

/** Builds the net for the data and opens both splits; what does not fit together is refused here. */
export async function prepare(settings: TrainSettings, options: PrepareOptions): Promise<Prepared> {
  const { model, data, dropRate, seed, batchSize, images } = settings;
  const { registry } = options;
  registry.model(model); // a wrong name is refused before data is loaded
  const opening = { ...options, data, withoutSplits: 'hold out' } as const;
  const first = await openDataset({ ...opening, split: 'train' });
  const [height, width, inChannels] = first.dataset.inputShape as [number, number, number];
  const classNames = first.classNames;
  const modelOptions: ModelOptions = {
    numClasses: classNames.length,
    inChannels,
    ...(dropRate !== null && { dropRate }),
    ...settings.options,
  };
  const net = createNet({ registry, name: model, options: { ...modelOptions, seed } });
  try {
    const spec = inputSpecOf(net);
    const size = sizeFor(settings, spec) ?? ([height, width] as const);
    const resized = size[0] !== height || size[1] !== width;
    const numClasses = checkOutput(net, { model, data, inputShape: [...size, inChannels], resized });
    if (numClasses !== classNames.length) {
      throw new ZooError(
        'SHAPE_MISMATCH',
        `${model} has ${numClasses} outputs, but ${data} has ${classNames.length} classes.`,
      );
    }
    const common = { ...opening, inputSpec: spec, size, images };
    const normalized = spec?.mean.some((m) => m !== 0) || spec?.std.some((s) => s !== 1);
    const asIs = !normalized && !resized && images === null;
    const train = asIs ? first : await openDataset({ ...common, split: 'train' });
    const test = await openDataset({ ...common, split: 'test' });
    checkLabels(test, { data: `${data} (test)`, numClasses });
    const input = spec && trainedInput(spec, size);
    const record = { name: model, options: modelOptions, classNames, ...(input && { input }) };
    const trainLoader = new DataLoader(train.dataset, { batchSize, shuffle: true, seed });
    const testLoader = new DataLoader(test.dataset, { batchSize: 256 });
    const resizedFrom = resized && !first.anySize ? ([height, width] as const) : undefined;
    return { net, record, train, test, trainLoader, testLoader, resizedFrom };
  } catch (error) {
    net.dispose();
    throw error;
  }
}

/** The size that was asked for, else the net's own. */
const sizeFor = ({ resize }: TrainSettings, spec: InputSpec | undefined): InputSpec['size'] | undefined =>
  resize === null ? spec?.size : [resize, resize];

/** How images are prepared in this training; undefined where that is the net's own way. */
function trainedInput(spec: InputSpec, size: InputSpec['size']): InputSpec | undefined {
  const { resize, ...rest } = spec;
  if (resize === undefined && formatShape(spec.size) === formatShape(size)) return undefined;
  return { ...rest, size, interpolation: 'bilinear' };
}

/** `runs/<model>-<data>`; of a folder its last name. */
export function defaultOut(model: string, data: string): string {
  const name =
    data
      .split(/[\\/]/)
      .filter((part) => part && part !== '.' && part !== '..')
      .at(-1) ?? 'data';
  return join('runs', `${model}-${name}`);
}
