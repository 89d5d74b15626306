import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isZooError, seeded } from '@zoo/core';
import { DataLoader, TensorDataset } from '@zoo/datasets';
import { mlp } from '@zoo/linear';
import { Adam, CosineAnnealingLR, crossEntropy, EarlyStopping, Trainer } from '@zoo/train';
import { loadCheckpoint, saveCheckpoint } from '@zoo/train/node';
import { extractFeatures, openFeatureStore } from '@zoo/transfer/node';
import { parseSafetensors, serializeSafetensors } from '@zoo/weights';
import { readExperiment } from '../../../apps/cli/src/experiment/read-experiment.ts';
import { mutateJson } from '../mutate.ts';
import { type Files, type FuzzTarget, fromUtf8, megabyte, utf8 } from '../target.ts';
import { nested, repeated } from '../text.ts';

const numbers = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => ((i * 37) % 101) / 101);

const examples = new TensorDataset({
  inputs: numbers(6 * 16),
  inputShape: [4, 4, 1],
  targets: Int32Array.of(0, 1, 2, 0, 1, 2),
  classNames: ['a', 'b', 'c'],
  name: 'six',
});

const net = () => seeded(1, () => mlp({ imageSize: [4, 4], hidden: [8], numClasses: 3 }));

const manifest = 'manifest.json';

/** The manifest with one string that is `piece`, as large as asked. */
const manifestWith = (files: Files, change: (value: Record<string, unknown>) => void): Files => {
  const value = JSON.parse(fromUtf8(files[manifest]!)) as Record<string, unknown>;
  change(value);
  return { ...files, [manifest]: utf8(JSON.stringify(value)) };
};

async function storeFiles(folder: string): Promise<Files> {
  const dir = join(folder, 'store');
  await extractFeatures(net(), examples, { dir, taps: ['preLogits'], shardRows: 4 });
  const names = (await readdir(dir)).filter((name) => !name.endsWith('.lock'));
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, new Uint8Array(await readFile(join(dir, name)))])),
  ) as Files;
}

let storeSample: Promise<Files>;

export const store: FuzzTarget = {
  name: 'feature store',
  share: 8,
  samples: async (folder) => {
    storeSample = storeFiles(folder);
    return [await storeSample];
  },
  async read(folder) {
    const features = await openFeatureStore(folder);
    const dataset = features.dataset();
    for (let at = 0; at < dataset.length; at += 64) {
      const rows = Array.from({ length: Math.min(64, dataset.length - at) }, (_, i) => at + i);
      const { inputs, targets } = await dataset.batch(rows);
      if (inputs.shape[1] !== dataset.inputShape[0]) throw new Error(`rows of ${inputs.shape}`);
      inputs.dispose();
      targets.dispose();
    }
  },
  mutate: (files, rng) => ({ ...files, [manifest]: mutateJson(files[manifest]!, rng) }),
  hostile() {
    const text = (json: string) => storeSample.then((files): Files => ({ ...files, [manifest]: utf8(json) }));
    const change = (how: (value: Record<string, unknown>) => void) =>
      storeSample.then((files) => manifestWith(files, how));
    const shard = (i: number) => ({
      file: `shard-${`${i}`.padStart(5, '0')}.safetensors`,
      start: i,
      examples: 1,
      rows: 1,
      sha256: '0'.repeat(64),
    });
    return [
      { kind: 'deep nesting', files: text(nested('[', ']', 4 * megabyte)) },
      {
        kind: 'deep nesting inside',
        files: text(`{"format":"zoo-features","version":1,"source":${nested('{"a":', '}', megabyte, '1')}}`),
      },
      {
        kind: 'a very long tap',
        files: change((value) => Object.assign(value['source'] as object, { taps: [repeated('n', 4 * megabyte)] })),
      },
      {
        kind: 'many shards',
        files: change((value) =>
          Object.assign(value, { examples: 50_000, shards: Array.from({ length: 50_000 }, (_, i) => shard(i)) }),
        ),
      },
      {
        kind: 'rows without end',
        files: change((value) => Object.assign((value['shards'] as object[])[0]!, { rows: 2 ** 40 })),
      },
      { kind: 'widths without end', files: change((value) => Object.assign(value, { widths: [2 ** 40] })) },
      {
        kind: 'many taps',
        files: change((value) => {
          Object.assign(value['source'] as object, { taps: Array.from({ length: 50_000 }, (_, i) => `t${i}`) });
          Object.assign(value, { widths: new Array(50_000).fill(1) });
        }),
      },
    ];
  },
};

const file = 'checkpoint.safetensors';
const metadataKey = 'zoo.checkpoint';

function newTrainer(): Trainer {
  const model = net();
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  const schedule = new CosineAnnealingLR(optimizer, { tMax: 4 });
  const callbacks = [new EarlyStopping({ patience: 3, monitor: 'trainLoss', restoreBest: true })];
  return new Trainer({ model, optimizer, schedule, callbacks, loss: crossEntropy });
}

let good: Uint8Array;
let trainer: Trainer;

/** All of a trainer's state as text. */
async function stateOf(of: Trainer): Promise<string> {
  const { tensors, metadata } = await of.checkpoint();
  return JSON.stringify([metadata, [...tensors].map(([name, { data }]) => [name, [...data]])]);
}

function withMetadata(bytes: Uint8Array, change: (text: string) => string): Uint8Array {
  const { tensors, metadata } = parseSafetensors(bytes);
  return serializeSafetensors(tensors, { ...metadata, [metadataKey]: change(metadata[metadataKey]!) });
}

export const checkpoint: FuzzTarget = {
  name: 'checkpoint',
  share: 12,
  samples: async (folder) => {
    trainer = newTrainer();
    const loader = new DataLoader(examples, { batchSize: 3, shuffle: true, seed: 1 });
    await trainer.fit(loader, { epochs: 2, validation: loader });
    await saveCheckpoint(join(folder, file), trainer);
    good = new Uint8Array(await readFile(join(folder, file)));
    return [{ [file]: good }];
  },
  /** A checkpoint that is refused changes nothing. */
  async read(folder) {
    const before = await stateOf(trainer);
    try {
      await loadCheckpoint(join(folder, file), trainer);
    } catch (error) {
      if (isZooError(error) && (await stateOf(trainer)) !== before) throw new Error(`half restored: ${error.message}`);
      throw error;
    }
    const { tensors, metadata } = parseSafetensors(good);
    trainer.restore({ tensors, metadata });
  },
  mutate: (files, rng) => ({
    [file]: withMetadata(files[file]!, (text) => fromUtf8(mutateJson(utf8(text), rng))),
  }),
  hostile() {
    const case_ = (kind: string, change: (text: string) => string) => ({
      kind,
      files: { [file]: withMetadata(good, change) },
    });
    return [
      case_('deep nesting', () => nested('[', ']', 4 * megabyte)),
      case_('deep nesting inside', (text) =>
        text.replace('"history":{', `"x":${nested('{"a":', '}', megabyte, '1')},"history":{`),
      ),
      case_('a very long name', (text) => text.replace('"rng":{', `"rng":{"${repeated('n', 4 * megabyte)}":null,`)),
      case_('many names', (text) =>
        text.replace('"rng":{', `"rng":{${Array.from({ length: 100_000 }, (_, i) => `"m${i}":null,`).join('')}`),
      ),
      case_('a long history', (text) => text.replace('"points":[', `"points":[${repeated('{},', megabyte)}`)),
    ];
  },
};

const yaml = 'experiment.yaml';
const experimentText = await readFile(
  new URL('../../../apps/cli/examples/fashion-mnist.yaml', import.meta.url),
  'utf8',
);

export const experiment: FuzzTarget = {
  name: 'experiment',
  share: 10,
  samples: async () => [{ [yaml]: utf8(experimentText) }],
  read: async (folder) => void (await readExperiment(join(folder, yaml))),
  hostile() {
    const padded = (bytes: number) => `${experimentText}\n${repeated('# a comment of a line\n', bytes)}`;
    const case_ = (kind: string, text: string) => ({
      kind,
      files: { [yaml]: utf8(text) },
      like: { [yaml]: utf8(padded(text.length)) },
    });
    const laughs = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`)}]\n`).join(
      '',
    );
    return [
      case_('one alias again and again', `a: &a [1]\nb: [${Array(5000).fill('*a')}]\n`),
      case_('lists of lists of the same lists', `a0: &a0 [1]\n${laughs}`),
      case_('an anchor that holds itself', 'a: &a [*a, *a]\n'),
      case_(
        'merge keys of merge keys',
        `a0: &a0 {k: 1}\n${Array.from({ length: 2000 }, (_, i) => `a${i + 1}: &a${i + 1} {<<: *a${i}}\n`).join('')}`,
      ),
      case_('deep nesting', nested('[', ']', 200_000)),
      case_('deep nesting of objects', nested('{a: ', '}', 200_000, '1')),
      case_('deep nesting by indentation', Array.from({ length: 2000 }, (_, i) => `${' '.repeat(i)}a:\n`).join('')),
      case_('a very long key', `${repeated('k', 4 * megabyte)}: 1\n`),
      case_('many keys', Array.from({ length: 20_000 }, (_, i) => `k${i}: 1\n`).join('')),
      case_('many documents', repeated('---\na: 1\n', 200_000)),
      case_('many broken lines', repeated('"\n: [\n', 200_000)),
    ];
  },
};
