import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import type { Batch } from '@zoo/core';
import {
  DataLoader,
  type DataLoaderOptions,
  type Dataset,
  type ImageBatch,
  ImageDataset,
  type ImageDatasetOptions,
  type ImageItem,
  split,
  subset,
  TensorDataset,
} from '@zoo/datasets';
import {
  Compose,
  customTransform,
  Normalize,
  RandomChoice,
  RandomHorizontalFlip,
  RandomResizedCrop,
  Resize,
  ToTensor,
} from '@zoo/transforms';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { mask, photo, photoFolder } from './photos.ts';
import { readBatch } from './read-batch.ts';

const augment = new Compose([
  new RandomResizedCrop(16),
  new RandomHorizontalFlip(),
  new ToTensor(),
  new Normalize([0.5, 0.4, 0.3], [0.2, 0.3, 0.4]),
]);

let photos: Awaited<ReturnType<typeof photoFolder>>;
beforeAll(async () => {
  photos = await photoFolder(14);
});
afterAll(() => photos.remove());

const open: DataLoader[] = [];
afterEach(async () => {
  vi.unstubAllGlobals();
  await Promise.all(open.splice(0).map((loader) => loader.close()));
});

const images = (options: Partial<ImageDatasetOptions> = {}) =>
  new ImageDataset({ items: photos.items, classNames: ['a', 'b', 'c'], transform: augment, seed: 3, ...options });

function load(dataset: ConstructorParameters<typeof DataLoader>[0], options: DataLoaderOptions): DataLoader {
  const loader = new DataLoader(dataset, options);
  open.push(loader);
  return loader;
}

async function read(batches: AsyncIterable<Batch>) {
  const all = [];
  for await (const batch of batches) all.push(await readBatch(batch));
  return all;
}

describe('workers', () => {
  test('give the batches that no worker gives: order, augmentation, labels, any epoch from any batch', async () => {
    const options = { batchSize: 4, shuffle: true, seed: 9 };
    const here = load(images(), options);
    const [first, second] = [await read(here), await read(here)];
    expect(first.map(({ inputShape }) => inputShape[0])).toEqual([4, 4, 4, 2]);
    expect(second[0]!.inputs).not.toEqual(first[0]!.inputs);
    for (const workers of [1, 2]) {
      const loader = load(images(), { ...options, workers });
      expect(await read(loader)).toEqual(first);
      expect(await read(loader.epoch(1))).toEqual(second);
      expect(await read(loader.epoch(1, { start: 2 }))).toEqual(second.slice(2));
    }
  });

  test('take subsets, sources of every kind, masks, float targets and transforms of other modules', async () => {
    const bytes = await Promise.all([5, 6, 7, 8].map((number) => photo(number)));
    const path = join(photos.folder, 'mask.png');
    await writeFile(path, await mask());
    const sources: ImageItem['source'][] = [
      bytes[0]!,
      new Blob([new Uint8Array(bytes[1]!)]),
      async () => bytes[2]!,
      new URL(`file://${photos.folder}/3.jpg`).href,
    ];
    const module = new URL('./fixtures/ends-thread.js', import.meta.url);
    const transform = new Compose([
      await customTransform(module, { export: 'inverts' }),
      new Resize([12, 12]),
      new ToTensor(),
    ]);
    const item = (source: ImageItem['source'], i: number) => ({ name: `${i}`, source, target: [i, 0.5] });
    const datasets = [
      subset(subset(images(), [8, 2, 5, 1, 3]), [4, 0, 2]),
      split(images(), [0.5, 0.5], { seed: 2 })[1]!,
      new ImageDataset({ items: sources.map(item), transform }),
      new ImageDataset({
        items: bytes.map((source, i) => ({ name: `${i}`, source, mask: path })),
        transform: augment,
        maskColors: [
          [0, 0, 0],
          [200, 0, 0],
        ],
      }),
    ];
    for (const dataset of datasets) {
      const expected = await read(load(dataset, { batchSize: 3 }));
      expect(await read(load(dataset, { batchSize: 3, workers: 1 }))).toEqual(expected);
    }
  });

  test('write to slots that are used again, and leave no tensor behind', async () => {
    let slots = 0;
    const Shared = SharedArrayBuffer;
    vi.stubGlobal(
      'SharedArrayBuffer',
      class extends Shared {
        constructor(length: number) {
          super(length);
          if (length === 16 * 16 * 3 * 4) slots++;
        }
      },
    );
    const before = tf.memory().numTensors;
    const loader = load(images(), { batchSize: 1, workers: 1, prefetch: 3 });
    for (let epoch = 0; epoch < 3; epoch++) await read(loader);
    expect(slots).toBe(4);
    for await (const { inputs, targets } of loader) {
      tf.dispose([inputs, targets]);
      break;
    }
    await read(loader);
    expect(slots).toBe(4);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a batch keeps its values while later ones are made', async () => {
    const loader = load(images(), { batchSize: 2, workers: 1, prefetch: 1 });
    const kept: Batch[] = [];
    for await (const batch of loader) kept.push(batch);
    const expected = await read(load(images(), { batchSize: 2 }).epoch(0));
    expect(await Promise.all(kept.map(readBatch))).toEqual(expected);
  });

  test('one that ends is reported with the images it had, and the next epoch goes on', async () => {
    const module = new URL('./fixtures/ends-thread.js', import.meta.url);
    const ends = await customTransform(module, { export: 'endsThread' });
    const transform = new Compose([
      new RandomChoice([ends, new Resize(16)], { p: [0, 1] }),
      new Resize([9, 9]),
      new ToTensor(),
    ]);
    const broken = new Compose([ends, new Resize([9, 9]), new ToTensor()]);
    await expect(read(load(images({ transform: broken }), { batchSize: 4, workers: 1 }))).rejects.toMatchObject({
      code: 'INTERRUPTED',
      message: expect.stringMatching(/worker stopped.*'0\.jpg' to '3\.jpg'.*code: 3/),
    });
    expect(await read(load(images({ transform }), { batchSize: 7, workers: 1 }))).toHaveLength(2);
  });

  test('one that never answers is ended and reported with its images, and the next epoch goes on', async () => {
    const file = join(photos.folder, 'count');
    const module = new URL('./fixtures/ends-thread.js', import.meta.url);
    const hangs = await customTransform(module, { export: 'hangsOnce', options: { file } });
    const transform = new Compose([hangs, new Resize([9, 9]), new ToTensor()]);
    const loader = load(images({ transform }), { batchSize: 3, workers: 1, timeout: 8 });
    await expect(read(loader)).rejects.toMatchObject({
      code: 'INTERRUPTED',
      message: expect.stringMatching(/No answer within 8 s for '0\.jpg', '1\.jpg', '2\.jpg'; the workers were ended/),
    });
    await vi.waitFor(
      async () => {
        const count = await readFile(file, 'utf8');
        await setTimeout(200);
        expect(await readFile(file, 'utf8')).toBe(count);
      },
      { timeout: 20_000 },
    );
    expect(await read(loader)).toHaveLength(5);
  }, 90_000);

  test.each([0, 1])(
    'do not wait for ever for a source, with %i workers',
    async (workers) => {
      const seconds = workers === 0 ? 2 : 8; // a thread has to start in them
      const source = () => new Promise<Uint8Array>(() => {});
      const items = [photos.items[0]!, { name: 'far/away.jpg', source }].map(({ name, source }) => ({ name, source }));
      const loader = load(subset(images({ items }), [0, 1]), { batchSize: 1, workers, timeout: seconds });
      const batches = loader.epoch(0)[Symbol.asyncIterator]();
      expect((await readBatch((await batches.next()).value)).inputShape[0]).toBe(1);
      await expect(batches.next()).rejects.toMatchObject({
        code: 'INTERRUPTED',
        message: expect.stringMatching(new RegExp(`No answer within ${seconds} s for 'far/away\\.jpg'`)),
      });
    },
    90_000,
  );

  test('a batch that comes too late is disposed', async () => {
    let answer = (_: Batch) => {};
    const late: Dataset = {
      length: 1,
      inputShape: [1],
      batch: () => new Promise((resolve) => (answer = resolve)),
      describe: () => ({ name: 'late', length: 1, inputShape: [1] }),
    };
    await expect(read(load(late, { timeout: 0.05 }))).rejects.toThrow(/No answer within 0.05 s for 'example 0'/);
    const batch = { inputs: tf.tensor2d([[1]]), targets: tf.tensor1d([1]) };
    answer(batch);
    await vi.waitFor(() => expect([batch.inputs.isDisposed, batch.targets.isDisposed]).toEqual([true, true]));
    expect(() => load(late, { timeout: -1 })).toThrow(/timeout is a number of seconds from 0, got -1/);
  });

  test('are closed by close(), which a later epoch gets over', async () => {
    const loader = load(images(), { batchSize: 5, workers: 1 });
    const first = await read(loader.epoch(0));
    await loader.close();
    await loader.close();
    expect(await read(loader.epoch(0))).toEqual(first);
  });

  test('do not keep a program alive', async () => {
    const program = fileURLToPath(new URL('./fixtures/leaves-workers.ts', import.meta.url));
    const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
    const files = photos.items.map(({ source }) => source as string);
    const args = ['--conditions=@zoo/source', '--import', tsx, program, ...files];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 25_000 });
    expect(stdout).toBe('1,8,8,3\n');
  });

  test('need images', () => {
    const numbers = new TensorDataset({ inputs: new Float32Array(3), inputShape: [1], targets: new Int32Array(3) });
    expect(() => new DataLoader(numbers, { workers: 2 })).toThrow(/need an ImageDataset.*'tensors'/);
    expect(() => new DataLoader(images(), { workers: 1.5 })).toThrow(/workers is a whole number/);
  });
});

describe('bad files', () => {
  const transform = new Compose([new Resize([8, 8]), new ToTensor()]);
  let items: ImageItem[];
  beforeAll(async () => {
    const good = await photo(1);
    const raw = { raw: { width: 20, height: 10, channels: 3 as const } };
    const picture = () => sharp(new Uint8Array(600).fill(77), raw);
    const files: [string, Uint8Array][] = [
      ['good.jpg', good],
      ['empty.jpg', new Uint8Array()],
      ['cut.jpg', good.subarray(0, good.length * 0.6)],
      ['text.jpg', new TextEncoder().encode('not an image')],
      [
        'huge.png',
        await sharp({ create: { width: 3000, height: 2000, channels: 3, background: 'red' } })
          .png()
          .toBuffer(),
      ],
      ['cmyk.jpg', await picture().toColourspace('cmyk').jpeg().toBuffer()],
      ['deep.png', await picture().toColourspace('rgb16').png().toBuffer()],
      [
        'moving.gif',
        await sharp(new Uint8Array(1200), { raw: { ...raw.raw, height: 20, pageHeight: 10 } })
          .gif()
          .toBuffer(),
      ],
    ];
    for (const [name, bytes] of files) await writeFile(join(photos.folder, name), bytes);
    items = [...files.map(([name]) => name), 'missing.jpg'].map((name) => ({
      name: `set/${name}`,
      source: join(photos.folder, name),
    }));
    items.push({ name: 'set/unreadable', source: () => Promise.reject(new Error('the archive is gone')) });
  });
  const bad = ['empty.jpg', 'cut.jpg', 'text.jpg', 'huge.png', 'missing.jpg', 'unreadable'].map(
    (name) => `set/${name}`,
  );

  test.each([0, 1])('are left out and named, with %i workers', async (workers) => {
    const named: string[] = [];
    const dataset = new ImageDataset({
      items,
      transform,
      maxPixels: 1e6,
      onBadFile: 'skip',
      onSkip: ({ name }) => named.push(name),
    });
    const loader = load(dataset, { batchSize: 4, workers });
    for (let epoch = 0; epoch < 2; epoch++) {
      const shapes = [];
      for await (const batch of loader) {
        shapes.push([...(batch as ImageBatch).indices]);
        expect((await readBatch(batch)).inputShape).toEqual([shapes.at(-1)!.length, 8, 8, 3]);
      }
      expect(shapes).toEqual([[0], [5, 6, 7]]); // the last batch had none that is good
    }
    expect([...named].sort()).toEqual([...bad].sort()); // each once
    expect(dataset.skipped.map(({ name }) => name)).toEqual(bad);
    expect(dataset.skipped.map(({ error }) => error.code)).toEqual([
      'CORRUPT_FILE',
      'CORRUPT_FILE',
      'NOT_SUPPORTED',
      'NOT_SUPPORTED',
      'FILE_NOT_FOUND',
      'INVALID_ARGUMENT',
    ]);
  });

  test.each([0, 1])('are not what a transform throws at, with %i workers', async (workers) => {
    const module = new URL('./fixtures/ends-thread.js', import.meta.url);
    const throws = await customTransform(module, { export: 'throwsAt', options: { width: 43 } });
    const pipeline = new Compose([throws, new Resize([8, 8]), new ToTensor()]);
    const open = (options: Partial<ImageDatasetOptions>) =>
      new ImageDataset({ items: photos.items.slice(0, 6), transform: pipeline, ...options });
    for (const onBadFile of ['throw', 'skip'] as const) {
      await expect(read(load(open({ onBadFile }), { batchSize: 6, workers }))).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(/^'3\.jpg': The transform 'throwsAt' of file:.*pixels is undefined$/),
        cause: expect.objectContaining({ name: 'TypeError', message: 'image.pixels is undefined' }),
      });
    }
    const dataset = open({ onBadFile: 'skipAny' });
    const [batch] = await read(load(dataset, { batchSize: 6, workers }));
    expect(batch!.inputShape[0]).toBe(5);
    expect(dataset.skipped.map(({ name, error }) => [name, error.code])).toEqual([['3.jpg', 'INVALID_ARGUMENT']]);
  });

  test('a transform that cannot be built in a worker is reported with its images', async () => {
    const own = new Resize([8, 8]);
    const lost = {
      apply: (image: Parameters<typeof own.apply>[0]) => new Compose([own, new ToTensor()]).apply(image),
      describe: () => ({
        transform: 'custom',
        options: { module: 'file:///nowhere.js', export: 'default', options: {} },
      }),
    };
    const dataset = new ImageDataset({ items: photos.items, transform: lost });
    expect(await read(load(dataset, { batchSize: 14 }))).toHaveLength(1);
    await expect(read(load(dataset, { batchSize: 14, workers: 1 }))).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringMatching(/'0\.jpg': The module file:\/\/\/nowhere\.js cannot be imported/),
    });
  });

  test.each([0, 1])('fail their batch by name, after the good ones, with %i workers', async (workers) => {
    for (const name of workers === 0 ? bad : ['set/cut.jpg']) {
      const list = [items[0]!, items[5]!, items.find((item) => item.name === name)!];
      const loader = load(new ImageDataset({ items: list, transform, maxPixels: 1e6 }), { batchSize: 2, workers });
      let good = 0;
      const run = async () => {
        for await (const batch of loader) good += (await readBatch(batch)).inputShape[0]!;
      };
      await expect(run()).rejects.toThrow(name.replace('set/', ''));
      expect(good).toBe(2);
    }
  });
});
