import { join } from 'node:path';
import { type ModelOptions, type Registry, ZooError } from '@zoo/core';
import { DataLoader } from '@zoo/datasets';
import { checkLabels, type LabelledImages, type OpenOptions, openDataset } from '../data/open-dataset.ts';
import { checkOutput } from '../net/check-output.ts';
import { createNet, inputSpecOf, type Net } from '../net/create-net.ts';
import type { NetRecord } from './run-folder.ts';
import type { TrainSettings } from './settings.ts';

/** Everything a training needs besides optimizer and trainer. */
export interface Prepared {
  net: Net;
  record: NetRecord;
  train: LabelledImages;
  test: LabelledImages;
  trainLoader: DataLoader;
  testLoader: DataLoader;
}

export interface PrepareOptions extends Pick<OpenOptions, 'signal' | 'onProgress'> {
  registry: Registry;
  cwd: string;
}

/** Builds the net for the data and opens both splits; what does not fit together is refused here. */
export async function prepare(settings: TrainSettings, options: PrepareOptions): Promise<Prepared> {
  const { model, data, dropRate, seed, batchSize } = settings;
  const { registry } = options;
  registry.model(model); // a wrong name is refused before data is loaded
  const first = await openDataset({ ...options, data, split: 'train' });
  const { inputShape } = first.dataset;
  const classNames = first.classNames;
  const modelOptions: ModelOptions = {
    numClasses: classNames.length,
    inChannels: inputShape[2]!,
    ...(dropRate !== null && { dropRate }),
  };
  const net = createNet({ registry, name: model, options: { ...modelOptions, seed } });
  try {
    const numClasses = checkOutput(net, { model, data, inputShape });
    if (numClasses !== classNames.length) {
      throw new ZooError(
        'SHAPE_MISMATCH',
        `${model} has ${numClasses} outputs, but ${data} has ${classNames.length} classes.`,
      );
    }
    const spec = inputSpecOf(net);
    const normalized = spec?.mean.some((m) => m !== 0) || spec?.std.some((s) => s !== 1);
    const train = normalized ? await openDataset({ ...options, data, split: 'train', inputSpec: spec }) : first;
    const test = await openDataset({ ...options, data, split: 'test', inputSpec: spec });
    checkLabels(test, { data: `${data} (test)`, numClasses });
    const record = { name: model, options: modelOptions, classNames };
    const trainLoader = new DataLoader(train.dataset, { batchSize, shuffle: true, seed });
    return { net, record, train, test, trainLoader, testLoader: new DataLoader(test.dataset, { batchSize: 256 }) };
  } catch (error) {
    net.dispose();
    throw error;
  }
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
