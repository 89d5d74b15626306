import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { type AnyModule, currentRng, setDeterministic } from '@zoo/core';
import { withFolderLock } from '@zoo/core/node';
import { type Dataset, split, subset, TensorDataset } from '@zoo/datasets';
import { lenet5_relu } from '@zoo/lenet';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { extractFeatures as extractInMemory, linearHead, trainHead } from '../src/index.ts';
import type { Manifest } from '../src/node/manifest.ts';
import { extractFeatures, openFeatureStore } from '../src/node.ts';
import { skipping } from './skipping-images.ts';
import { toyImages } from './toy-images.ts';

let dir: string;
beforeEach(async () => {
  // Rows of two extractions are compared bit for bit.
  setDeterministic(true);
  dir = await mkdtemp(join(tmpdir(), 'zoo-features-'));
});
afterEach(async () => {
  setDeterministic(false);
  await rm(dir, { recursive: true });
});

const net = (seed = 1) => lenet5_relu({ seed });
const small = { batchSize: 2, shardRows: 4 };

/** Counts the forward passes of a net's features. */
function countPasses(model: AnyModule & { features: AnyModule }): () => number {
  let passes = 0;
  model.features.registerForwardHook(() => {
    passes++;
    return undefined;
  });
  return () => passes;
}

async function rowsOf(dataset: Dataset, indices: number[]): Promise<number[][]> {
  const { inputs, targets } = await dataset.batch(indices);
  const rows = [Array.from(await inputs.data()), Array.from(await targets.data())];
  tf.dispose([inputs, targets]);
  return rows;
}

describe('extractFeatures to a folder', () => {
  it('stores what extraction in memory gives', async () => {
    const images = toyImages(11);
    const taps = ['preLogits', 'features'] as const;
    const store = await extractFeatures(net(), images, { dir, taps, ...small });
    const memory = await extractInMemory(net(), images, { taps, batchSize: small.batchSize });
    expect(await readdir(dir)).toEqual([
      'manifest.json',
      'shard-00000.safetensors',
      'shard-00001.safetensors',
      'shard-00002.safetensors',
    ]);
    for (const set of [store, await openFeatureStore(dir)]) {
      expect(set).toMatchObject({ length: 11, taps, widths: { preLogits: 84, features: 16 }, pool: 'avg' });
      expect(set.labels).toEqual(images.labels);
      expect(set.examples).toEqual(memory.examples);
      expect(set.classNames).toEqual(images.classNames);
      for (const tap of [undefined, 'features'] as const) {
        expect(await rowsOf(set.dataset(tap), [10, 0, 5, 5])).toEqual(await rowsOf(memory.dataset(tap), [10, 0, 5, 5]));
      }
    }
    await store.verify();
    expect(store.describe()).toMatchObject({ net: 'LeNet', of: { name: 'toy images' } });
  });

  it('trains a head from the disk, with shuffled reads', async () => {
    const options = { taps: ['features'], pool: 'none', batchSize: 2 } as const;
    const store = await extractFeatures(net(), toyImages(30), { dir, shardRows: 4, ...options });
    const memory = await extractInMemory(net(), toyImages(30), options);
    const losses = async (features: Dataset) => {
      const head = linearHead({ inFeatures: 400, numClasses: 3, seed: 1 });
      const { epochs } = await trainHead(head, features, { epochs: 3, batchSize: 8, validation: 0.2 });
      return epochs.map(({ trainLoss, testLoss }) => [trainLoss, testLoss]);
    };
    expect(await losses(store.dataset())).toEqual(await losses(memory.dataset()));
  });

  it('keeps neither tensors nor more than a shard, whatever the number of images', async () => {
    const peak = async (length: number, folder: string) => {
      const model = net().materialize();
      const before = tf.memory();
      let tensors = 0;
      let bytes = 0;
      await extractFeatures(model, toyImages(length), {
        dir: join(dir, folder),
        ...small,
        onProgress: () => {
          tensors = Math.max(tensors, tf.memory().numTensors - before.numTensors);
          bytes = Math.max(bytes, tf.memory().numBytes - before.numBytes);
        },
      });
      expect(tf.memory().numTensors).toBe(before.numTensors);
      model.dispose();
      return { tensors, bytes };
    };
    expect(await peak(40, 'long')).toEqual(await peak(8, 'short'));
  });

  it('runs no forward pass when nothing changed', async () => {
    await extractFeatures(net(), toyImages(6), { dir, ...small });
    const model = net();
    const passes = countPasses(model);
    const store = await extractFeatures(model, toyImages(6), { dir, batchSize: 3 });
    expect(passes()).toBe(0);
    expect(store.length).toBe(6);
  });

  it('needs no lock where nothing is left to do, so that a store may be read-only', async () => {
    await extractFeatures(net(), toyImages(9), { dir, ...small });
    await withFolderLock(dir, async () => {
      expect((await extractFeatures(net(), toyImages(9), { dir, ...small })).length).toBe(9);
      await expect(extractFeatures(net(2), toyImages(9), { dir, ...small })).rejects.toThrow('weights (stored:');
    });
  });

  it('leaves the random stream of new modules where it was', async () => {
    const state = currentRng().state();
    await extractFeatures(net(), toyImages(4), { dir, ...small });
    expect(currentRng().state()).toEqual(state);
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'weights',
      () => extractFeatures(net(2), toyImages(6), { dir }),
      /Different now: weights \(stored: \w{12}; now: \w{12}\)/,
    ],
    ['transforms', () => extractFeatures(net(), normalized(6), { dir }), /Different now: transforms .*"mean":\[0.5\]/],
    ['data', () => extractFeatures(net(), toyImages(7), { dir }), /Different now: data .*"length":6.*"length":7/],
    ['values', () => extractFeatures(net(), relabelled(6), { dir }), /other labels, values or files in 'toy images'/],
    [
      'taps',
      () => extractFeatures(net(), toyImages(6), { dir, taps: ['features'] }),
      /taps \(stored: preLogits; now: features\)/,
    ],
    ['pool', () => extractFeatures(net(), toyImages(6), { dir, pool: 'max' }), /pool \(stored: avg; now: max\)/],
  ])('refuses a store of other %s, unless it may overwrite it', async (_what, again, message) => {
    await extractFeatures(net(), toyImages(6), { dir, ...small });
    const before = await readFile(join(dir, 'manifest.json'), 'utf8');
    await expect(again()).rejects.toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringMatching(message) });
    expect(await readFile(join(dir, 'manifest.json'), 'utf8')).toBe(before);
  });

  it.each(['samples', 'whole'] as const)('is of files with the same content, by %s', async (hashFiles) => {
    const asked: unknown[] = [];
    let content = 'first';
    const images = Object.assign(toyImages(8), {
      fingerprint: async (indices: ArrayLike<number>, how: unknown) => {
        asked.push([Array.from(indices), how]);
        return content;
      },
    });
    const given = () => extractFeatures(net(), subset(images, [4, 1]), { dir, ...small, hashFiles });
    await given();
    expect((await given()).length).toBe(2);
    expect(asked).toEqual(Array(2).fill([[4, 1], { whole: hashFiles === 'whole' }]));
    content = 'second';
    const changed = {
      code: 'INVALID_CONFIG',
      message: expect.stringMatching(/data \(other labels, values or files in/),
    };
    await expect(given()).rejects.toMatchObject(changed);
    content = 'first';
    const other = hashFiles === 'whole' ? 'samples' : 'whole';
    await expect(extractFeatures(net(), subset(images, [4, 1]), { dir, hashFiles: other })).rejects.toThrow(
      `hashFiles (stored: ${hashFiles}; now: ${other})`,
    );
    await expect(extractFeatures(net(), images, { dir, hashFiles: 'all' as never })).rejects.toThrow(
      /'samples' or 'whole', got "all"/,
    );
  });

  it('tells subsets of one length apart', async () => {
    const images = toyImages(8);
    await extractFeatures(net(), subset(images, [0, 1, 2]), { dir, ...small });
    const other = extractFeatures(net(), subset(images, [0, 1, 3]), { dir, ...small });
    await expect(other).rejects.toThrow(/Different now: data/);
  });

  it('starts anew with overwrite, and leaves no file of the former store', async () => {
    await extractFeatures(net(), toyImages(9), { dir, ...small });
    const store = await extractFeatures(net(2), toyImages(3), { dir, ...small, overwrite: true });
    expect(store.length).toBe(3);
    expect(await readdir(dir)).toEqual(['manifest.json', 'shard-00000.safetensors']);
  });

  it('goes on after an interruption with what is missing', async () => {
    const controller = new AbortController();
    const interrupted = extractFeatures(net(), toyImages(12), {
      dir,
      ...small,
      signal: controller.signal,
      onProgress: ({ done }) => done >= 6 && controller.abort(),
    });
    await expect(interrupted).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await expect(openFeatureStore(dir)).rejects.toThrow(/4 of 12 examples: call extractFeatures again/);
    await writeFile(join(dir, '.shard-00001.safetensors.1.abc.tmp'), 'half a shard');
    const model = net();
    const passes = countPasses(model);
    const store = await extractFeatures(model, toyImages(12), { dir, ...small });
    expect(passes()).toBe(4);
    expect(await readdir(dir)).toHaveLength(4);
    const memory = await extractInMemory(net(), toyImages(12), { batchSize: 2 });
    const all = Array.from({ length: 12 }, (_, i) => i);
    expect(await rowsOf(store.dataset(), all)).toEqual(await rowsOf(memory.dataset(), all));
  });

  it('lets one of two extractions work and the other wait', async () => {
    const model = net();
    const passes = countPasses(model);
    const [a, b] = await Promise.all([1, 2].map(() => extractFeatures(model, toyImages(6), { dir, ...small })));
    expect(passes()).toBe(3);
    expect(a!.manifest).toEqual(b!.manifest);
  });

  it('leaves out examples that could not be read, also where a shard has none', async () => {
    const images = skipping(toyImages(16), (i) => i === 1 || (i >= 4 && i < 8) || i >= 14);
    const good = [0, 2, 3, 8, 9, 10, 11, 12, 13];
    const store = await extractFeatures(net(), images, { dir, ...small });
    expect(Array.from(store.examples)).toEqual(good);
    expect(Array.from(store.labels!)).toEqual(good.map((i) => images.labels![i]));
    expect(store.manifest.shards.map(({ rows }) => rows)).toEqual([3, 0, 4, 2]);
    const memory = await extractInMemory(net(), images, { batchSize: 2 });
    expect(memory.examples).toEqual(store.examples);
    expect(await rowsOf(store.dataset(), [2, 3, 8])).toEqual(await rowsOf(memory.dataset(), [2, 3, 8]));

    const [part] = split(images, [12, 4], { seed: 3 });
    const inner = Array.from(part!.locate!(Array.from({ length: 12 }, (_, i) => i)).indices);
    const numbers = Array.from((await extractInMemory(net(), part!, { batchSize: 2 })).examples, (i) => inner[i]);
    expect(numbers).toEqual(inner.filter((i) => good.includes(i)));
    await expect(
      extractInMemory(
        net(),
        skipping(toyImages(3), () => true),
      ),
    ).rejects.toThrow(/None of the 3 examples/);
  });
});

describe('openFeatureStore', () => {
  /** Files by their names. */
  const contents = async (): Promise<Record<string, string>> => {
    const names = (await readdir(dir)).sort();
    return Object.fromEntries(
      await Promise.all(names.map(async (name) => [name, (await readFile(join(dir, name))).toString('base64')])),
    );
  };

  it('leaves nothing behind when the call is refused', async () => {
    const wrongTap = extractFeatures(net() as AnyModule, toyImages(3), { dir: join(dir, 'a'), taps: ['prelogits'] });
    await expect(wrongTap).rejects.toMatchObject({
      code: 'UNKNOWN_NAME',
      message: expect.stringMatching(/'preLogits'/),
    });
    const large = new TensorDataset({
      inputs: new Float32Array(64 * 64 * 3),
      inputShape: [64, 64, 3],
      targets: Int32Array.of(0),
    });
    const unfit = extractFeatures(net(), large, { dir: join(dir, 'b/c') });
    await expect(unfit).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
    expect(await readdir(dir)).toEqual([]);
    const nowhere = extractFeatures(net(), toyImages(3), undefined as never);
    await expect(nowhere).rejects.toMatchObject({ message: expect.stringMatching(/needs a folder/) });
  });

  it('says what to do about shards that are missing or cut short', async () => {
    await extractFeatures(net(), toyImages(11), { dir, ...small });
    const path = join(dir, 'shard-00001.safetensors');
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, bytes.length - 8));
    const again = () => extractFeatures(net(), toyImages(11), { dir, ...small });
    const advice = expect.stringMatching(/shard-00001\.safetensors.*anew with overwrite: true/);
    await expect(again()).rejects.toMatchObject({ code: 'CORRUPT_FILE', message: advice });
    await rm(path);
    await expect(again()).rejects.toMatchObject({ code: 'FILE_NOT_FOUND', message: advice });
  });

  it('serves no row of a shard in which a bit has changed', async () => {
    await extractFeatures(net(), toyImages(8), { dir, ...small });
    const file = join(dir, 'shard-00001.safetensors');
    const good = await readFile(file);
    const refusal = {
      code: 'CORRUPT_FILE',
      message: expect.stringMatching(/shard-00001\.safetensors.*anew with overwrite: true/),
    };
    const header = 8 + Number(good.readBigUInt64LE(0));
    for (let at = header; at < good.length; at += 7) {
      const bytes = Buffer.from(good);
      bytes[at]! ^= 1 << (at % 8);
      await writeFile(file, bytes);
      const read = async () => rowsOf((await openFeatureStore(dir)).dataset(), [4, 5, 6, 7]);
      await expect(read(), `byte ${at}`).rejects.toMatchObject(refusal);
    }
    await writeFile(file, good);
    await expect((await openFeatureStore(dir)).verify()).resolves.toBeUndefined();
  });

  it('reads a shard that was right once, and is asked for again, without hashing it again', async () => {
    const store = await extractFeatures(net(), toyImages(8), { dir, ...small });
    const rows = await rowsOf(store.dataset(), [0, 7]);
    expect(await rowsOf(store.dataset(), [0, 7])).toEqual(rows);
    const file = join(dir, 'shard-00001.safetensors');
    const bytes = await readFile(file);
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(file, bytes);
    expect(await rowsOf(store.dataset(), [0, 7])).toEqual(rows); // from memory
    await expect(store.verify()).rejects.toMatchObject({
      code: 'CORRUPT_FILE',
      message: expect.stringMatching(/00001/),
    });
  });

  it.each<[string, (m: Manifest) => void, RegExp]>([
    [
      'rows',
      (m) => void Object.assign(m.shards[0]!, { rows: 3 }),
      /'features\.preLogits' is float32 \[4, 84\], its manifest promises float32 \[3, 84\]/,
    ],
    [
      'rows',
      (m) => void Object.assign(m.shards[0]!, { rows: 2 ** 40 }),
      /shard 0 has 1099511627776 rows of 4 examples/,
    ],
    ['rows', (m) => void Object.assign(m.shards[0]!, { rows: 0.5 }), /shards\[0\]\.rows is 0\.5, not a whole number/],
    ['examples', (m) => void Object.assign(m.shards[0]!, { examples: 5 }), /'examples' of shard 0 is 5, not 4/],
    ['start', (m) => void Object.assign(m.shards[1]!, { start: 3 }), /'start' of shard 1 is 3, not 4/],
    [
      'file',
      (m) => void Object.assign(m.shards[1]!, { file: '../other/shard-00001.safetensors' }),
      /'file' of shard 1 is \.\./,
    ],
    ['sha256', (m) => void Object.assign(m.shards[1]!, { sha256: 'x' }), /shards\[1\]\.sha256 is "x", not a SHA-256/],
    ['taps', (m) => void Reflect.deleteProperty(m.source, 'taps'), /source\.taps is missing/],
    ['taps', (m) => void Object.assign(m.source, { taps: ['features'] }), /'features\.features' is missing/],
    ['taps', (m) => void Object.assign(m.source, { taps: [] }), /names no taps/],
    ['transforms', (m) => void Reflect.deleteProperty(m.source, 'transforms'), /source\.transforms is missing/],
    [
      'pool',
      (m) => void Object.assign(m.source, { pool: 'min' }),
      /source\.pool is "min", not "avg" or "max" or "none"/,
    ],
    ['widths', (m) => void Object.assign(m, { widths: [2 ** 40] }), /is float32 \[4, 84\], its manifest promises/],
    ['widths', (m) => void Object.assign(m, { widths: [84, 1] }), /2 widths for 1 taps/],
    ['shardRows', (m) => void Object.assign(m, { shardRows: 0 }), /shardRows is 0, not a whole number >= 1/],
    ['examples', (m) => void Object.assign(m, { examples: 9 }), /'examples' of shard 1 is 3, not 4/],
    ['classNames', (m) => void Object.assign(m, { classNames: [1] }), /classNames\[0\] is 1, not text/],
    ['hasLabels', (m) => void Object.assign(m, { hasLabels: 'yes' }), /hasLabels is "yes", not true or false/],
  ])('refuses a manifest with wrong %s before it serves or writes a row', async (_, change, words) => {
    await extractFeatures(net(), toyImages(7), { dir, ...small });
    const path = join(dir, 'manifest.json');
    const manifest = JSON.parse(await readFile(path, 'utf8')) as Manifest;
    change(manifest);
    await writeFile(path, JSON.stringify(manifest));
    const before = await contents();
    const refusal = { name: 'ZooError', code: 'CORRUPT_FILE', message: expect.stringMatching(words) };
    await expect(openFeatureStore(dir)).rejects.toMatchObject(refusal);
    await expect(openFeatureStore(dir)).rejects.toThrow(/anew with overwrite: true/);
    await expect(extractFeatures(net(), toyImages(7), { dir, ...small })).rejects.toMatchObject({ name: 'ZooError' });
    expect(await contents()).toEqual(before);
  });

  it('refuses a manifest of fewer shards that does not tell of the data set what is so, and writes nothing', async () => {
    await extractFeatures(net(), toyImages(7), { dir, ...small });
    const path = join(dir, 'manifest.json');
    const whole = JSON.parse(await readFile(path, 'utf8')) as Manifest;
    for (const [change, words] of [
      [{ classNames: null }, /'classNames' is null, the data set's/],
      [{ hasLabels: false }, /'hasLabels' is false, the data set's true/],
      [{ examples: 8 }, /'examples' is 8, the data set's 7/],
      [{ widths: [83] }, /'widths' is \[83\], the net's \[84\]/],
    ] as const) {
      await writeFile(path, JSON.stringify({ ...whole, shards: whole.shards.slice(0, 1), ...change }));
      await rm(join(dir, 'shard-00001.safetensors'), { force: true });
      const before = await contents();
      const again = extractFeatures(net(), toyImages(7), { dir, ...small });
      await expect(again).rejects.toMatchObject({ code: 'CORRUPT_FILE', message: expect.stringMatching(words) });
      expect(await contents()).toEqual(before);
    }
  });

  it('names what is wrong with a folder', async () => {
    await expect(openFeatureStore(dir)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await extractFeatures(net(), toyImages(6), { dir, ...small });
    const shard = join(dir, 'shard-00001.safetensors');
    const bytes = await readFile(shard);
    await writeFile(shard, bytes.subarray(0, 100));
    await expect(openFeatureStore(dir)).rejects.toMatchObject({ code: 'CORRUPT_FILE' });
    await rm(shard);
    await expect(openFeatureStore(dir)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    const manifest = join(dir, 'manifest.json');
    for (const text of ['{', 'null', '{"format":"other"}', '{"format":"zoo-features","version":2,"source":{}}']) {
      await writeFile(manifest, text);
      await expect(openFeatureStore(dir)).rejects.toThrow(/overwrite: true/);
    }
    for (const version of [1, 9]) {
      await writeFile(manifest, `{"format":"zoo-features","version":${version}}`);
      await expect(openFeatureStore(dir)).rejects.toMatchObject({
        code: 'NOT_SUPPORTED',
        message: expect.stringMatching(
          /manifest\.json has version \d; this release reads version 2\. .*overwrite: true/,
        ),
      });
    }
  });
});

const values = (length: number) => toyImages(length).inputs as Float32Array;

const normalized = (length: number) =>
  new TensorDataset({
    inputs: values(length),
    inputShape: [28, 28, 1],
    targets: toyImages(length).labels!,
    classNames: toyImages(length).classNames!,
    name: 'toy images',
    normalize: { mean: [0.5], std: [0.5] },
  });

const relabelled = (length: number) =>
  new TensorDataset({
    inputs: values(length),
    inputShape: [28, 28, 1],
    targets: new Int32Array(length),
    classNames: toyImages(length).classNames!,
    name: 'toy images',
  });
