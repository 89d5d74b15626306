import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { createRegistry, type ZooErrorCode } from '@zoo/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startFileServer } from '../../core/tests/file-server.ts';
import { classBalance, DataLoader, type Dataset, fashionMnistClassNames, fashionMnistFromBytes } from '../src/index.ts';
import { fashionMnistFiles } from '../src/node/official-files.ts';
import { datasetCache, datasets, fashionMnist, fashionMnistMini, idxFolder } from '../src/node.ts';
import { readBatch } from './read-batch.ts';

const mini = fileURLToPath(new URL('../data/fashion-mnist-mini/', import.meta.url));
const official = ['/usr/share/datasets/fashion-mnist', process.env['ZOO_DATA'] ?? ''].find((folder) =>
  existsSync(join(folder, 'train-images-idx3-ubyte.gz')),
);

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zoo-fashion-'));
  vi.stubEnv('ZOO_DATA', '');
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const error = (code: ZooErrorCode, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

/** SHA-256 of one image's 784 bytes and its label, an independent fingerprint of pixels and order. */
const fingerprint = (dataset: { inputs: Uint8Array | Float32Array; labels?: Int32Array }, index: number): string => {
  const pixels = dataset.inputs.subarray(index * 784, (index + 1) * 784) as Uint8Array;
  return `${dataset.labels![index]} ${createHash('sha256').update(pixels).digest('hex').slice(0, 16)}`;
};

describe('the shipped subset', () => {
  it('has the bytes that its provenance lists', () => {
    const provenance = readFileSync(join(mini, 'PROVENANCE.md'), 'utf8');
    for (const prefix of ['train', 't10k']) {
      for (const name of [`${prefix}-images-idx3-ubyte.gz`, `${prefix}-labels-idx1-ubyte.gz`]) {
        const file = readFileSync(join(mini, name));
        for (const bytes of [file, gunzipSync(file)]) {
          expect(provenance).toContain(createHash('sha256').update(bytes).digest('hex'));
        }
      }
    }
  });

  it.each([
    ['train', 2000],
    ['test', 1000],
  ] as const)('has %s images of every class alike', async (split, n) => {
    const dataset = await fashionMnistMini({ split });
    expect([dataset.length, dataset.inputShape, dataset.classNames]).toEqual([n, [28, 28, 1], fashionMnistClassNames]);
    expect(classBalance(dataset).map((c) => c.count)).toEqual(new Array(10).fill(n / 10));
    expect(dataset.describe().name).toBe(`fashion-mnist-mini/${split}`);
  });

  it('begins as Fashion-MNIST begins: boot, shirts, dress; boot, pullover, trousers', async () => {
    const names = async (split: 'train' | 'test') => {
      const { labels, classNames } = await fashionMnistMini({ split });
      return [...labels!.subarray(0, 5)].map((label) => classNames![label]);
    };
    expect(await names('train')).toEqual(['Ankle boot', 'T-shirt/top', 'T-shirt/top', 'Dress', 'T-shirt/top']);
    expect(await names('test')).toEqual(['Ankle boot', 'Pullover', 'Trouser', 'Trouser', 'Shirt']);
  });

  it('gives the pixels of the first boot, as float32 NHWC in [0, 1]', async () => {
    const train = await fashionMnistMini({ split: 'train' });
    const { inputs, inputShape, targets } = await readBatch(train.batch([0]));
    expect([inputShape, targets]).toEqual([[1, 28, 28, 1], [9]]);
    expect(inputs.slice(3 * 28 + 12, 3 * 28 + 24).map((v) => Math.round(v * 255))).toEqual([
      1, 0, 0, 13, 73, 0, 0, 1, 4, 0, 0, 0,
    ]);
    expect(Math.max(...inputs)).toBe(1);
    expect(Math.min(...inputs)).toBe(0);
    const standard = await fashionMnistMini({ split: 'train', normalize: { mean: [0.5], std: [0.5] } });
    const scaled = (await readBatch(standard.batch([0]))).inputs;
    expect([Math.min(...scaled), Math.max(...scaled)]).toEqual([-1, 1]);
  });

  it('opens from bytes alone, as a browser does it', async () => {
    const bytes = (name: string) => new Uint8Array(readFileSync(join(mini, name)));
    const dataset = await fashionMnistFromBytes({
      images: bytes('t10k-images-idx3-ubyte.gz'),
      labels: bytes('t10k-labels-idx1-ubyte.gz'),
    });
    const shipped = await fashionMnistMini({ split: 'test' });
    expect(Buffer.compare(dataset.inputs as Uint8Array, shipped.inputs as Uint8Array)).toBe(0);
    expect(dataset.labels).toEqual(shipped.labels);
    expect(Object.getPrototypeOf(shipped.inputs)).toBe(Uint8Array.prototype);
  });
});

describe('fashionMnist', () => {
  it('refuses files of the right names that are not the official ones', async () => {
    await expect(fashionMnist({ root: mini, split: 'test' })).rejects.toEqual(
      error(
        'CHECKSUM_MISMATCH',
        /t10k-images-idx3-ubyte\.gz is not the official t10k-images-idx3-ubyte of Fashion-MNIST/,
      ),
    );
  });

  it('says where it looked and how to go on', async () => {
    const root = join(folder, 'nothing');
    await expect(fashionMnist({ root, split: 'train' })).rejects.toEqual(
      error('FILE_NOT_FOUND', /train-images-idx3-ubyte\.gz .*nothing.*allow the download/),
    );
    await expect(fashionMnist({ root, split: 'valid' as 'train' })).rejects.toEqual(
      error('INVALID_ARGUMENT', /split is 'train' or 'test', got 'valid'/),
    );
    expect(datasetCache()).toBe(join(folder, 'cache', 'zoo', 'datasets'));
  });

  it('names the file and the ways out when a download fails', async () => {
    const missing = async () => new Response('gone', { status: 404 });
    const attempt = fashionMnist({
      root: folder,
      split: 'test',
      download: true,
      mirrors: ['http://x/'],
      fetch: missing,
    });
    await expect(attempt).rejects.toEqual(
      error('DOWNLOAD_FAILED', /http:\/\/x\/t10k-images-idx3-ubyte\.gz answered HTTP 404.*fashion-mnist-mini/),
    );
    const wrong = async () => new Response(new Uint8Array(fashionMnistFiles.test.images.bytes));
    const other = fashionMnist({ root: folder, split: 'test', download: true, mirrors: ['http://x/'], fetch: wrong });
    await expect(other).rejects.toEqual(error('CHECKSUM_MISMATCH', /t10k-images-idx3-ubyte\.gz from http:\/\/x\//));
  });
});

/** Distributions drop the name and time from the gzip header; putting them back gives the authors' very bytes. */
function asPublished(name: string): Uint8Array {
  const header = Buffer.from([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3]);
  header.writeUInt32LE(1_504_176_627, 4);
  const body = readFileSync(join(official!, name)).subarray(10);
  return Buffer.concat([header, Buffer.from(`${name.slice(0, -3)}\0`), body]);
}

// 30 MB that the repository does not hold: needs Debian's dataset-fashion-mnist or ZOO_DATA.
describe.skipIf(official === undefined)('the official files', () => {
  it('have 6,000 and 1,000 images per class, and the shipped ones among them', async () => {
    for (const [split, n, perClass] of [
      ['train', 60_000, 6000],
      ['test', 10_000, 1000],
    ] as const) {
      const dataset = await fashionMnist({ root: official!, split });
      expect(dataset.length).toBe(n);
      expect(classBalance(dataset).every((c) => c.count === perClass)).toBe(true);
      const small = await fashionMnistMini({ split });
      const taken = new Array<number>(10).fill(0);
      let position = 0;
      for (let i = 0; position < small.length; i++) {
        if (taken[dataset.labels![i]!]!++ >= small.length / 10) continue;
        if (position % 50 === 0) expect(fingerprint(small, position)).toBe(fingerprint(dataset, i));
        position++;
      }
    }
  });

  it("are found in ZOO_DATA, torchvision's layout and decompressed too, and named when cut short", async () => {
    const raw = join(folder, 'FashionMNIST', 'raw');
    mkdirSync(raw, { recursive: true });
    copyFileSync(join(official!, 't10k-labels-idx1-ubyte.gz'), join(raw, 't10k-labels-idx1-ubyte.gz'));
    const images = gunzipSync(readFileSync(join(official!, 't10k-images-idx3-ubyte.gz')));
    writeFileSync(join(raw, 't10k-images-idx3-ubyte'), images);
    vi.stubEnv('ZOO_DATA', folder);
    expect((await fashionMnist({ split: 'test', download: false })).length).toBe(10_000);
    writeFileSync(
      join(raw, 't10k-labels-idx1-ubyte.gz'),
      readFileSync(join(raw, 't10k-labels-idx1-ubyte.gz')).subarray(0, 99),
    );
    await expect(fashionMnist({ split: 'test' })).rejects.toEqual(
      error('CORRUPT_FILE', /raw\/t10k-labels-idx1-ubyte\.gz: the gzip file is damaged or cut short/),
    );
  });

  it('are downloaded into root, resumed and checked, then read from there', async () => {
    const { images, labels } = fashionMnistFiles.test;
    const server = await startFileServer(asPublished(images.name));
    try {
      expect(createHash('md5').update(server.content).digest('hex')).toBe(images.md5);
      server.faults = [{ kind: 'cut', after: 1_000_000 }];
      const seen = new Set<string>();
      const pages: typeof fetch = (url, init) => {
        if (!String(url).endsWith(labels.name)) return fetch(url, init);
        return Promise.resolve(new Response(asPublished(labels.name) as Uint8Array<ArrayBuffer>));
      };
      const options = { root: folder, split: 'test', mirrors: [server.url], fetch: pages } as const;
      const dataset = await fashionMnist({ ...options, download: true, onProgress: (p) => seen.add(p.file) });
      expect(dataset.length).toBe(10_000);
      expect([...seen]).toEqual([images.name, labels.name]);
      expect(server.ranges).toHaveLength(2);
    } finally {
      await server.close();
    }
    expect((await fashionMnist({ root: folder, split: 'test' })).length).toBe(10_000);
  });

  it('are fetched again when the cache has them damaged, and not touched in a root', async () => {
    const { images, labels } = fashionMnistFiles.test;
    const asked: string[] = [];
    const fetch = async (url: unknown): Promise<Response> => {
      asked.push(String(url));
      return new Response(asPublished(images.name) as Uint8Array<ArrayBuffer>);
    };
    vi.stubEnv('XDG_CACHE_HOME', join(folder, 'home'));
    vi.stubEnv('ZOO_DATA', '');
    const cache = join(datasetCache(), 'fashion-mnist');
    mkdirSync(cache, { recursive: true });
    copyFileSync(join(official!, labels.name), join(cache, labels.name));
    const published = asPublished(images.name);
    for (const damaged of [published.subarray(0, 1000), readFileSync(join(official!, labels.name))]) {
      writeFileSync(join(cache, images.name), damaged);
      const options = { split: 'test', mirrors: ['https://mirror.example/'], fetch } as const;
      await expect(fashionMnist({ ...options, root: cache })).rejects.toThrow();
      expect(asked).toEqual([]);
      expect((await fashionMnist(options)).length).toBe(10_000);
      expect(readFileSync(join(cache, images.name)).equals(published)).toBe(true);
      expect(asked.splice(0)).toEqual([`https://mirror.example/${images.name}`]);
    }
  });
});

describe('the plug-in', () => {
  it('opens its datasets by name', async () => {
    const registry = createRegistry().use(datasets);
    expect(registry.listDatasets()).toEqual(
      expect.arrayContaining(['fashion-mnist', 'fashion-mnist-mini', 'idx-folder']),
    );
    const open = async (name: string, options?: object): Promise<Dataset> => registry.dataset(name).load(options);
    const train = await open('fashion-mnist-mini');
    expect([train.length, train.classNames?.[9]]).toEqual([2000, 'Ankle boot']);
    expect((await open('fashion-mnist-mini', { split: 'test' })).length).toBe(1000);
    const own = await open('idx-folder', { root: mini, split: 'test' });
    expect([own.length, own.classNames]).toEqual([1000, undefined]);
    await expect(open('idx-folder')).rejects.toEqual(error('INVALID_ARGUMENT', /needs the root/));
    await expect(open('fashion-mnist', { root: folder })).rejects.toEqual(error('FILE_NOT_FOUND', /train-images/));
    await expect(idxFolder({ root: folder, split: 'test' })).rejects.toEqual(error('FILE_NOT_FOUND', /t10k-images/));
  });

  it('feeds a DataLoader', async () => {
    const loader = new DataLoader(await fashionMnistMini({ split: 'test' }), {
      batchSize: 256,
      shuffle: true,
      seed: 7,
    });
    const sizes: number[] = [];
    for await (const batch of loader) sizes.push((await readBatch(batch)).targets.length);
    expect(sizes).toEqual([256, 256, 256, 232]);
  });
});
