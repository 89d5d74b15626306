import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createRegistry, createRng } from '@zoo/core';
import { Compose, Resize, ToTensor } from '@zoo/transforms';
import { decodeImage } from '@zoo/transforms/node';
import { describe, expect, it } from 'vitest';
import {
  classBalance,
  type Dataset,
  drawShape,
  encodePng,
  formatClassBalance,
  shapeNames,
  shapesDataset,
  vocColormap,
} from '../src/index.ts';
import {
  datasets,
  detectFormat,
  generateCaptions,
  generateCifar,
  generateShapesArchive,
  generateShapesCsv,
  generateShapesFolder,
  generateVoc,
} from '../src/node.ts';
import { error, temporaryFolder } from './temporary-folder.ts';

const at = temporaryFolder();

/** A hash over all files of a folder and their names. */
function hashOf(folder: string): string {
  const hash = createHash('sha256');
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile())
    .map((e) => `${e.parentPath}/${e.name}`)
    .sort()) {
    hash.update(entry.slice(folder.length)).update(readFileSync(entry));
  }
  return hash.digest('hex');
}

describe('drawShape', () => {
  it('draws every shape so that it stands out, and says where it is', () => {
    for (const shape of shapeNames) {
      const { image, mask } = drawShape({ shape, size: [40, 48], rng: createRng(7), noise: 0 });
      const covered = mask.data.reduce((a, b) => a + b) / mask.data.length;
      expect(covered, shape).toBeGreaterThan(0.02);
      expect(covered, shape).toBeLessThan(0.6);
      const mean = (inside: number) => {
        const light = [...mask.data.keys()]
          .filter((i) => mask.data[i] === inside)
          .map((i) => 0.3 * image.data[3 * i]! + 0.59 * image.data[3 * i + 1]! + 0.11 * image.data[3 * i + 2]!);
        return light.reduce((a, b) => a + b) / light.length;
      };
      expect(Math.abs(mean(1) - mean(0)), shape).toBeGreaterThan(40);
    }
    expect(() => drawShape({ shape: 'sqare' as 'square', size: 16, rng: createRng(0) })).toThrow(
      error('UNKNOWN_NAME', /Did you mean 'square'/),
    );
    expect(() => drawShape({ shape: 'square', size: 4, rng: createRng(0) })).toThrow(
      error('INVALID_ARGUMENT', /8 to 4096, got 4 x 4/),
    );
  });

  it('is the same on every machine', () => {
    const { image } = drawShape({ shape: 'star', size: 16, rng: createRng(5) });
    // Recorded once; a change of the drawing changes every generated set.
    expect(createHash('sha256').update(image.data).digest('hex').slice(0, 16)).toBe('cada55836d4b558c');
  });
});

describe('shapesDataset', () => {
  it('can be told apart by their shapes, not by their colours', () => {
    const train = shapesDataset({ classes: ['circle', 'cross', 'stripes'], perClass: 60, size: 16, seed: 1 });
    expect(classBalance(train).map(({ name, count }) => [name, count])).toEqual([
      ['circle', 60],
      ['cross', 60],
      ['stripes', 60],
    ]);
    // Mean colours tell nothing: the nearest class by them is right about one time in three.
    const colours = Array.from({ length: train.length }, (_, i) =>
      [0, 1, 2].map((c) => {
        const pixels = (train.inputs as Uint8Array).subarray(i * 768, (i + 1) * 768);
        return pixels.reduce((sum, value, k) => sum + (k % 3 === c ? value : 0), 0) / 256;
      }),
    );
    const centres = [0, 1, 2].map((label) =>
      [0, 1, 2].map((c) => colours.filter((_, i) => train.labels![i] === label).reduce((s, x) => s + x[c]!, 0) / 60),
    );
    const right = colours.filter((x, i) => {
      const distances = centres.map((centre) => centre.reduce((d, v, c) => d + (v - x[c]!) ** 2, 0));
      return distances.indexOf(Math.min(...distances)) === train.labels![i];
    });
    expect(right.length / train.length).toBeLessThan(0.55);
  });

  it('depends on the seed, not on the number of examples', () => {
    const of = (options: object) => shapesDataset({ classes: 2, perClass: 2, size: 16, ...options }).inputs;
    expect(of({ perClass: 3 }).subarray(0, 4 * 768)).toEqual(of({}));
    expect(of({ seed: 1 })).not.toEqual(of({}));
    expect(() => of({ classes: 11 })).toThrow(error('INVALID_ARGUMENT', /1 to 10, or some of circle, square.*got 11/));
    expect(() => of({ perClass: 0 })).toThrow(error('INVALID_ARGUMENT', /perClass/));
  });
});

describe('encodePng', () => {
  it('writes files that decode to the same pixels', async () => {
    const { image, mask } = drawShape({ shape: 'ring', size: [20, 33], rng: createRng(2) });
    expect(await decodeImage(encodePng(image))).toEqual(image);
    expect(await decodeImage(encodePng(image, { level: 0 }))).toEqual(image);
    expect(await decodeImage(encodePng(mask), { channels: 1 })).toEqual(mask);
    const coloured = await decodeImage(encodePng(mask, { palette: vocColormap() }));
    expect(coloured.data[3 * mask.data.indexOf(1)]).toBe(128);
    expect(() => encodePng({ width: 1, height: 1, channels: 4, data: new Uint8Array(4) })).toThrow(
      error('NOT_SUPPORTED', /got 4/),
    );
  });
});

describe('generated sets', () => {
  it('have the same bytes for the same seed, and others for another', async () => {
    const write: Record<string, (dir: string, seed: number) => Promise<void>> = {
      folder: (dir, seed) => generateShapesFolder(dir, { classes: 2, perClass: 2, size: 16, seed }),
      jpeg: (dir, seed) => generateShapesFolder(dir, { classes: 2, train: 1, test: 1, size: 16, seed, format: 'jpeg' }),
      archive: (dir, seed) =>
        generateShapesArchive(`${dir}/shapes.zip`, { classes: 2, train: 1, test: 1, size: 16, seed }),
      csv: (dir, seed) => generateShapesCsv(dir, { classes: 2, perClass: 2, size: 16, seed }),
      voc: (dir, seed) => generateVoc(dir, { train: 2, val: 1, size: 32, seed }),
      captions: (dir, seed) => generateCaptions(dir, { train: 2, test: 1, size: 16, seed }),
    };
    for (const [name, make] of Object.entries(write)) {
      for (const [folder, seed] of [
        ['a', 1],
        ['b', 1],
        ['c', 2],
      ] as const)
        await make(at(name, folder), seed);
      expect(hashOf(at(name, 'b')), name).toBe(hashOf(at(name, 'a')));
      expect(hashOf(at(name, 'c')), name).not.toBe(hashOf(at(name, 'a')));
      expect(readdirSync(at(name)), name).toEqual(['a', 'b', 'c']); // nothing temporary is left
    }
  });

  it('refuse to mix with what is there, and nonsense', async () => {
    const make = (dir: string, options: object) =>
      expect(generateShapesFolder(dir, { classes: 2, size: 16, ...options })).rejects;
    await make(at('folder', 'a'), { perClass: 1 }).toEqual(error('INVALID_ARGUMENT', /a is not empty/));
    await make(at('new'), {}).toEqual(error('INVALID_ARGUMENT', /either perClass, or train and test/));
    await make(at('new'), { perClass: 1, train: 1 }).toEqual(error('INVALID_ARGUMENT', /either perClass/));
    await make(at('new'), { perClass: 1.5 }).toEqual(error('INVALID_ARGUMENT', /perClass is a whole number/));
    await make(at('folder', 'a', 'circle', '00000.png', 'x'), { perClass: 1 }).toEqual(
      error('WRITE_FAILED', /Could not write/),
    );
    await expect(generateVoc(at('new'), { train: 0, val: 1 })).rejects.toEqual(
      error('INVALID_ARGUMENT', /train is a whole number/),
    );
    await expect(generateCaptions(at('new'), { train: 1, test: -1 })).rejects.toEqual(
      error('INVALID_ARGUMENT', /test is/),
    );
    expect(readdirSync(at()).filter((name) => name.includes('new'))).toEqual([]);
  });

  it('are recognized by their path', async () => {
    const paths = [
      at('folder', 'a'),
      at('jpeg', 'a'),
      at('archive', 'a', 'shapes.zip'),
      at('csv', 'a'),
      at('csv', 'a', 'labels.csv'),
    ];
    expect(await Promise.all(paths.map(detectFormat))).toEqual([
      ...['image-folder', 'image-folder', 'image-archive', 'image-csv', 'image-csv'],
    ]);
    expect(await detectFormat(at('voc', 'a'))).toBe('voc-segmentation');
    expect(await detectFormat(at('captions', 'a'))).toBe('captions');
    await generateCifar(at('cifar', 'ten'), { train: 50, test: 10 });
    await generateCifar(at('cifar', 'hundred'), { variant: 'cifar100', train: 10, test: 10, archive: true });
    expect(await detectFormat(at('cifar', 'ten'))).toBe('cifar10');
    expect(await detectFormat(at('cifar', 'ten', 'cifar-10-batches-bin'))).toBe('cifar10');
    expect(await detectFormat(at('cifar', 'hundred'))).toBe('cifar100');
    expect(await detectFormat(fileURLToPath(new URL('../data/fashion-mnist-mini', import.meta.url)))).toBe(
      'idx-folder',
    );
    expect(await detectFormat(at('nowhere'))).toBeUndefined();
    expect(await detectFormat(fileURLToPath(import.meta.url))).toBeUndefined();
  });

  it('open by name', async () => {
    const registry = createRegistry().use(datasets);
    const transform = new Compose([new Resize([8, 8]), new ToTensor()]);
    const open = (name: string, options: object): Promise<Dataset> =>
      registry.dataset(name).load({ transform, ...options });
    expect((await open('image-folder', { root: at('jpeg', 'a'), split: 'test' })).length).toBe(2);
    expect((await open('image-folder', { root: at('folder', 'a'), holdOut: 0.5 })).length).toBe(2);
    const voc = await registry.dataset('voc-segmentation').load({ root: at('voc', 'a'), split: 'test', cropSize: 16 });
    expect([voc.length, voc.inputShape]).toEqual([1, [16, 16, 3]]);
    const preset = await registry.dataset('image-folder').load({ root: at('jpeg', 'a') });
    expect(preset.inputShape).toEqual([224, 224, 3]);
    await expect(open('voc-segmentation', {})).rejects.toEqual(
      error('INVALID_ARGUMENT', /voc-segmentation needs a root/),
    );
    await expect(open('image-folder', {})).rejects.toEqual(error('INVALID_ARGUMENT', /image-folder needs a root/));
  });
});

describe('formatClassBalance', () => {
  it('prints a table', () => {
    const labels = Int32Array.from([0, 0, 0, 0, 2, 2]);
    expect(formatClassBalance({ labels, classNames: ['cat', 'a dog of a breed with a very long name', 'cow'] })).toBe(
      [
        'class                             examples    share',
        'cat                                      4   66.7 %  ########################',
        'a dog of a breed with a very...e         0    0.0 %',
        'cow                                      2   33.3 %  ############',
        '6 examples in 3 classes; some classes have no examples.',
      ].join('\n'),
    );
    expect(formatClassBalance({ labels: Int32Array.of(0, 0, 0, 1) })).toMatch(
      /4 examples in 2 classes; largest \/ smallest 3\.0\.$/,
    );
  });
});
