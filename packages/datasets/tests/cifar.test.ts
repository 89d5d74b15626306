import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRng } from '@zoo/core';
import { Compose, Normalize, RandomCrop, RandomHorizontalFlip, Resize, ToTensor } from '@zoo/transforms';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  cifar10ClassNames,
  cifar100ClassNames,
  cifar100CoarseClassNames,
  cifarFromBytes,
  DataLoader,
  encodeCifar,
  parseCifar,
  shapesDataset,
  subset,
  toImageDataset,
} from '../src/index.ts';
import { cifar10, cifar100, fashionMnistMini, generateCifar } from '../src/node.ts';
import { readBatch } from './read-batch.ts';
import { error, temporaryFolder } from './temporary-folder.ts';

const at = temporaryFolder();
beforeAll(async () => {
  await generateCifar(at('ten'), { train: 100, test: 10, seed: 1 });
  await generateCifar(at('packed'), { train: 100, test: 10, seed: 1, archive: true });
  await generateCifar(at('hundred'), { variant: 'cifar100', train: 20, test: 10, seed: 1, archive: true });
}, 60_000);
afterEach(() => void vi.unstubAllEnvs());

const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

describe('the binary format', () => {
  it('has a label and then the red, green and blue plane', () => {
    // By the format's description: byte 0 is the label, bytes 1 to 1024 are red, row by row.
    const record = new Uint8Array(3073);
    record[0] = 3;
    record[1 + 33] = 10; // row 1, column 1
    record[1 + 1024 + 33] = 20;
    record[1 + 2048 + 33] = 30;
    const { images, labels } = parseCifar([{ name: 'x.bin', bytes: record }], 'cifar10');
    expect([labels[0], ...images.subarray(3 * 33, 3 * 33 + 3)]).toEqual([3, 10, 20, 30]);
    expect(images.reduce((a, b) => a + b)).toBe(60);
    const coarse = parseCifar([{ name: 'x.bin', bytes: new Uint8Array([7, 42, ...record.subarray(1)]) }], 'cifar100');
    expect([coarse.coarseLabels![0], coarse.labels[0], coarse.images[100]]).toEqual([7, 42, 20]);
  });

  it('reads back what it writes', () => {
    const rng = createRng(3);
    const images = Uint8Array.from({ length: 4 * 3072 }, () => rng.int(256));
    const labels = Uint8Array.of(1, 99, 0, 50);
    const coarseLabels = Uint8Array.of(19, 0, 3, 4);
    const bytes = encodeCifar({ images, labels, coarseLabels });
    expect(parseCifar([{ name: 'x', bytes }], 'cifar100')).toEqual({ images, labels, coarseLabels });
    const ten = { images, labels: Uint8Array.of(9, 0, 1, 2) };
    expect(parseCifar([{ name: 'x', bytes: encodeCifar(ten) }], 'cifar10')).toEqual(ten);
    expect(() => encodeCifar({ images, labels: new Uint8Array(3) })).toThrow(error('SHAPE_MISMATCH', /3 labels/));
  });

  it('names a file that is cut short, empty or of the other CIFAR', () => {
    const parse = (bytes: Uint8Array) => () => parseCifar([{ name: 'data/test_batch.bin', bytes }], 'cifar10');
    expect(parse(new Uint8Array(3072))).toThrow(error('CORRUPT_FILE', /data\/test_batch\.bin: 3072 bytes.*3073/));
    expect(parse(new Uint8Array())).toThrow(error('CORRUPT_FILE', /0 bytes/));
    expect(parse(new Uint8Array(3073 * 2).fill(77))).toThrow(error('CORRUPT_FILE', /record 0 has label 77/));
    const labels = () =>
      cifarFromBytes('cifar10', { files: [{ name: 'x', bytes: new Uint8Array(3073) }], labels: 'coarse' });
    expect(labels).toThrow(error('INVALID_ARGUMENT', /labels of cifar10 are 'fine', got 'coarse'/));
  });

  it('has 10, 100 and 20 classes in the order of their labels', () => {
    expect([cifar10ClassNames.length, cifar100ClassNames.length, cifar100CoarseClassNames.length]).toEqual([
      10, 100, 20,
    ]);
    expect([...cifar100ClassNames]).toEqual([...cifar100ClassNames].sort());
    expect([cifar10ClassNames[9], cifar100ClassNames[99], cifar100CoarseClassNames[14]]).toEqual([
      'truck',
      'worm',
      'people',
    ]);
  });
});

describe('cifar10 and cifar100', () => {
  it('open a folder and an archive alike', async () => {
    const folder = await cifar10({ root: at('ten'), split: 'train' });
    const archive = await cifar10({ root: at('packed'), split: 'train' });
    expect([folder.length, folder.inputShape, folder.classNames?.[9]]).toEqual([100, [32, 32, 3], 'truck']);
    expect(Buffer.compare(archive.inputs as Uint8Array, folder.inputs as Uint8Array)).toBe(0);
    expect(archive.describe()).toEqual(folder.describe());
    expect(folder.describe()['content']).toMatch(/^[0-9a-f]{64}$/);
    const test = await cifar10({ root: at('ten', 'cifar-10-batches-bin'), split: 'test' });
    expect([...test.labels!]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    vi.stubEnv('ZOO_DATA', at('ten'));
    expect((await cifar10({ split: 'test', download: false })).length).toBe(10);
  });

  it('have fine and coarse labels', async () => {
    const open = (labels?: 'fine' | 'coarse') => cifar100({ root: at('hundred'), split: 'test', labels });
    expect([...(await open()).labels!].slice(0, 3)).toEqual([0, 1, 2]);
    const coarse = await open('coarse');
    expect([...coarse.labels!].slice(0, 3).map((label) => coarse.classNames![label])).toEqual([
      ...['fruit_and_vegetables', 'fish', 'people'],
    ]);
  });

  it('write the same bytes for the same seed', async () => {
    await generateCifar(at('again'), { train: 100, test: 10, seed: 1, archive: true });
    await generateCifar(at('changed'), { train: 100, test: 10, seed: 2, archive: true });
    const hashes = ['packed', 'again', 'changed'].map((name) => sha256(at(name, 'cifar-10-binary.tar.gz')));
    expect(hashes[1]).toBe(hashes[0]);
    expect(hashes[2]).not.toBe(hashes[0]);
    await expect(generateCifar(at('again'), { train: 50, test: 10 })).rejects.toEqual(
      error('INVALID_ARGUMENT', /again is not empty/),
    );
    await expect(generateCifar(at('odd'), { train: 51, test: 10 })).rejects.toEqual(
      error('INVALID_ARGUMENT', /train is a multiple of 50/),
    );
  });

  it('name what is missing or damaged', async () => {
    const open = (root: string, options = {}) =>
      expect(cifar10({ root: at(root), split: 'train', ...options })).rejects;
    await open('empty').toEqual(
      error('FILE_NOT_FOUND', /cifar-10-binary\.tar\.gz nor data_batch_1\.bin.*allow the download/),
    );
    mkdirSync(at('cut'));
    writeFileSync(
      at('cut', 'cifar-10-binary.tar.gz'),
      readFileSync(at('packed', 'cifar-10-binary.tar.gz')).subarray(0, 5000),
    );
    await open('cut').toEqual(error('CORRUPT_FILE', /cut\/cifar-10-binary\.tar\.gz is damaged or cut short/));
    mkdirSync(at('wrong'));
    renameSync(at('hundred', 'cifar-100-binary.tar.gz'), at('wrong', 'cifar-10-binary.tar.gz'));
    await open('wrong').toEqual(error('CORRUPT_FILE', /lacks data_batch_1\.bin, data_batch_2\.bin/));
    rmSync(at('ten', 'cifar-10-batches-bin', 'data_batch_3.bin'));
    await open('ten').toEqual(error('FILE_NOT_FOUND', /data_batch_3\.bin/));
    const response = async () => new Response('another file');
    const fetched = { download: true, mirrors: ['http://x/'], fetch: response };
    await open('empty', fetched).toEqual(error('CHECKSUM_MISMATCH', /cifar-10-binary\.tar\.gz from http:\/\/x\//));
    const gone = { ...fetched, fetch: async () => new Response('', { status: 404 }) };
    await open('empty', gone).toEqual(
      error('DOWNLOAD_FAILED', /http:\/\/x\/cifar-10-binary\.tar\.gz answered HTTP 404/),
    );
    await open('ten', { split: 'val' }).toEqual(error('INVALID_ARGUMENT', /split is/));
  });
});

describe('a damaged archive', () => {
  it('of the cache is fetched again, one in a root is not', async () => {
    vi.stubEnv('XDG_CACHE_HOME', at('home'));
    vi.stubEnv('ZOO_DATA', '');
    const place = at('home', 'zoo', 'datasets', 'cifar');
    mkdirSync(place, { recursive: true });
    const damaged = readFileSync(at('packed', 'cifar-10-binary.tar.gz')).subarray(0, 5000);
    const asked: string[] = [];
    const fetch = async (url: unknown): Promise<Response> => {
      asked.push(String(url));
      return new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } });
    };
    writeFileSync(at('home', 'zoo', 'datasets', 'cifar', 'cifar-10-binary.tar.gz'), damaged);
    writeFileSync(at('home', 'cifar-10-binary.tar.gz'), damaged);
    const options = { split: 'train', mirrors: ['https://mirror.example/'], fetch } as const;
    await expect(cifar10(options)).rejects.toEqual(
      error('CORRUPT_FILE', /is damaged or cut short.*Fetching it again failed: .* is a web page, not the file/),
    );
    expect(asked).toEqual(['https://mirror.example/cifar-10-binary.tar.gz']);
    for (const untouched of [{ root: at('home') }, { root: at('home'), download: true }, { download: false }]) {
      await expect(cifar10({ ...options, ...untouched })).rejects.toEqual(
        error('CORRUPT_FILE', /is damaged or cut short \([^)]*\)\. Fetch it again\.$/),
      );
    }
    expect(asked).toHaveLength(1);
    expect(readFileSync(at('home', 'cifar-10-binary.tar.gz'))).toEqual(damaged);
  });
});

describe('toImageDataset', () => {
  it('puts the very pixels through a transform', async () => {
    const plain = await cifar10({
      root: at('packed'),
      split: 'test',
      normalize: { mean: [0.4, 0.5, 0.6], std: [0.2, 0.2, 0.3] },
    });
    const transform = new Compose([new ToTensor(), new Normalize([0.4, 0.5, 0.6], [0.2, 0.2, 0.3])]);
    const transformed = await cifar10({ root: at('packed'), split: 'test', transform });
    expect(await readBatch(transformed.batch([7, 2]))).toEqual(await readBatch(plain.batch([7, 2])));
    expect(transformed.describe()['content']).toBe(plain.describe()['content']);
    const both = cifar10({
      root: at('packed'),
      split: 'test',
      transform,
      normalize: { mean: [0, 0, 0], std: [1, 1, 1] },
    });
    await expect(both).rejects.toEqual(error('INVALID_ARGUMENT', /normalize or a transform/));
  });

  it('augments, resizes and makes RGB of grey images', async () => {
    const source = shapesDataset({ classes: 2, perClass: 4, size: 32, seed: 1 });
    const augment = new Compose([new RandomCrop(32, { padding: 4 }), new RandomHorizontalFlip(), new ToTensor()]);
    const dataset = toImageDataset(source, { transform: augment, seed: 3 });
    const read = async (epoch: number) => (await readBatch(dataset.batch([0, 5], { epoch }))).inputs;
    expect(await read(1)).toEqual(await read(1));
    expect(await read(2)).not.toEqual(await read(1));
    const other = toImageDataset(shapesDataset({ classes: 2, perClass: 4, size: 32, seed: 2 }), {
      transform: augment,
      seed: 3,
    });
    expect(other.describe()['content']).not.toBe(dataset.describe()['content']);
    const fashion = await fashionMnistMini({ split: 'test' });
    const rgb = toImageDataset(fashion, { transform: new Compose([new Resize(40), new ToTensor()]), channels: 3 });
    expect([rgb.length, rgb.inputShape, rgb.classNames?.[9]]).toEqual([1000, [40, 40, 3], 'Ankle boot']);
    const loader = new DataLoader(subset(rgb, [0, 500, 999]), { batchSize: 2 });
    for await (const batch of loader) expect((await readBatch(batch)).inputShape[3]).toBe(3);
  });
});
