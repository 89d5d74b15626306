import { ImageDataset, type ImageDatasetOptions, type ImageItem, subset } from '@zoo/datasets';
import { imageFiles } from '@zoo/datasets/browser';
import {
  CenterCrop,
  Compose,
  customTransform,
  Normalize,
  RandomHorizontalFlip,
  Resize,
  ToTensor,
} from '@zoo/transforms';
import { beforeAll, describe, expect, test } from 'vitest';
import { mask, photo } from './photos.ts';
import { readBatch } from './read-batch.ts';

const transform = new Compose([new Resize(10), new CenterCrop(8), new ToTensor()]);

let bytes: Buffer;
beforeAll(async () => {
  bytes = await photo(1);
});

const make = (options: Partial<ImageDatasetOptions> = {}) =>
  new ImageDataset({ items: [{ name: 'a.jpg', source: bytes, label: 1 }], transform, ...options });

describe('targets', () => {
  const batch = (items: Partial<ImageItem>[], options: Partial<ImageDatasetOptions> = {}) => {
    const list = items.map((item, i) => ({ name: `${i}`, source: bytes, ...item }));
    return make({ items: list, ...options }).batch(list.map((_, i) => i));
  };

  test('are labels, numbers, or -1 where there are none', async () => {
    expect((await readBatch(batch([{ label: 2 }, { label: 0 }]))).targets).toEqual([2, 0]);
    expect((await readBatch(batch([{ target: [0.5] }, { target: [2] }]))).targets).toEqual([0.5, 2]);
    const pairs = await batch([{ target: [1, 2] }, { target: [3, 4] }]);
    expect(pairs.targets.shape).toEqual([2, 2]);
    expect((await readBatch(pairs)).targets).toEqual([1, 2, 3, 4]);
    expect((await readBatch(batch([{}, {}]))).targets).toEqual([-1, -1]);
  });

  test('are the classes of pixels, by colour or by grey value', async () => {
    const drawn = await mask();
    const maskColors = [
      [200, 0, 0],
      [0, 0, 0],
    ] as const;
    const halves = await batch([{ mask: drawn }], { maskColors });
    expect(halves.targets.shape).toEqual([1, 8, 8]);
    const { targets } = await readBatch(halves);
    expect(targets.slice(0, 8)).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
    const unknown = await readBatch(batch([{ mask: drawn }], { maskColors: [[0, 0, 0]], maskFill: 9 }));
    expect(unknown.targets.slice(0, 8)).toEqual([0, 0, 0, 0, 9, 9, 9, 9]);
    const grey = await readBatch(batch([{ mask: drawn }])); // PIL's luminance of (200, 0, 0)
    expect(grey.targets.slice(0, 8)).toEqual([0, 0, 0, 0, 60, 60, 60, 60]);
  });

  test('are of one kind', () => {
    expect(() => batch([{ label: 1, target: [2] }])).toThrow(/'0' has both label and target/);
    expect(() => batch([{ label: 1 }, {}])).toThrow(/'0' has label, but '1' has none/);
    expect(() => batch([{ target: [1] }, { target: [1, 2] }])).toThrow(/'1' has 2 targets, '0' 1/);
    expect(() => batch([{ label: 3 }], { classNames: ['a', 'b'] })).toThrow(/'0' has label 3, but there are 2 classes/);
    expect(() => batch([{ label: 0.5 }])).toThrow(/label 0.5/);
  });
});

describe('transforms', () => {
  test('must end in floats of one size', () => {
    expect(() => make({ transform: new Resize([8, 8]) })).toThrow(/gives bytes; end it with ToTensor/);
    expect(() => make({ transform: new Compose([new Resize(8), new ToTensor()]) })).toThrow(
      /different sizes \(8 x 12 x 3, 10 x 8 x 3\)/,
    );
    expect(() => make({ transform: new Compose([transform, new Normalize([0], [1])]) })).toThrow(/3 channels/);
    expect(make({ channels: 1 }).inputShape).toEqual([8, 8, 1]);
  });

  test('draw from seed, epoch and number alone', async () => {
    const items = Array.from({ length: 12 }, (_, i) => ({ name: `${i}`, source: bytes }));
    const flips = make({ items, transform: new Compose([new RandomHorizontalFlip(), transform]) });
    const all = async (dataset: ImageDataset, epoch: number) =>
      (await readBatch(dataset.batch([...items.keys()], { epoch }))).inputs;
    const first = await all(flips, 0);
    expect(await all(flips, 0)).toEqual(first);
    expect(await all(flips, 1)).not.toEqual(first);
    expect(await all(flips.with({ seed: 1 }), 0)).not.toEqual(first);
    const size = 8 * 8 * 3;
    expect((await readBatch(subset(flips, [7]).batch([0]))).inputs).toEqual(first.slice(7 * size, 8 * size));
  });
});

test('a description tells data, transform and seed apart', () => {
  const print = (options: Partial<ImageDatasetOptions>) => JSON.stringify(make(options).describe());
  const item = { name: 'a.jpg', source: bytes };
  const same = print({});
  expect(print({})).toBe(same);
  const changes: Partial<ImageDatasetOptions>[] = [
    { items: [{ ...item, name: 'b.jpg', label: 1 }] },
    { items: [{ ...item, label: 2 }] },
    { transform: new Compose([new Resize([8, 8]), new ToTensor()]) },
    { seed: 1 },
    { channels: 1 },
    { details: { root: 'photos' } },
  ];
  expect(new Set([same, ...changes.map(print)]).size).toBe(changes.length + 1);
  expect(make({ details: { root: 'photos' } }).describe()).toMatchObject({ name: 'images', length: 1, root: 'photos' });
});

test('a transform that throws before there is any image is named with its dataset', async () => {
  const module = new URL('./fixtures/ends-thread.js', import.meta.url);
  const throws = await customTransform(module, { export: 'throwsAt', options: { width: 96 } });
  const broken = new Compose([throws, transform]);
  let failure: unknown;
  try {
    make({ transform: broken, name: 'pets' });
  } catch (error) {
    failure = error;
  }
  expect(failure).toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(
      /'pets': The transform 'throwsAt' of file:.*undefined \(on a black image of 96 x 64/,
    ),
    cause: expect.objectContaining({ cause: expect.any(TypeError) }),
  });
});

test.each([undefined, 'no answer', null])('a source may reject with anything, as %o', async (reason) => {
  const items = [{ name: 'far.jpg', source: () => Promise.reject(reason) }];
  await expect(make({ items }).batch([0])).rejects.toThrow(`'far.jpg': ${reason}`);
});

test('an image can be had as it is in its file', async () => {
  expect(await make().image(0)).toMatchObject({ width: 48, height: 36, channels: 3 });
  await expect(make().image(1)).rejects.toThrow(/no example 1, only 0 to 0/);
  await expect(make().batch([-1])).rejects.toThrow(/no example/);
});

describe('imageFiles', () => {
  const file = (name: string) => new File([new Uint8Array(bytes)], name);

  test('names images and classes', async () => {
    const files = [file('x.jpg'), new Blob([new Uint8Array(bytes)]), 'https://host/photos/my%20cat.jpg?size=9'];
    const dataset = imageFiles(files, { transform, labels: ['dog', 'cat', 'dog'] });
    expect(dataset.items.map(({ name }) => name)).toEqual(['x.jpg', 'image 1', 'my cat.jpg']);
    expect(dataset.classNames).toEqual(['cat', 'dog']);
    expect([...dataset.labels!]).toEqual([1, 0, 1]);
    expect((await readBatch(dataset.batch([0, 1]))).inputShape).toEqual([2, 8, 8, 3]);
  });

  test("leaves out systems' files of a dropped folder with their labels", () => {
    const dropped = [
      'shop/cat/1.jpg',
      'shop/cat/.DS_Store',
      'shop/@eaDir/1.jpg',
      'shop/dog/1.jpg',
      'shop/dog/Thumbs.db',
    ];
    const files = dropped.map((path) => {
      const own = file(path.split('/').at(-1)!);
      return Object.defineProperty(own, 'webkitRelativePath', { value: path });
    });
    const labels = dropped.map((path) => path.split('/')[1]!);
    const dataset = imageFiles(files, { transform, labels });
    expect([dataset.length, dataset.classNames, [...dataset.labels!]]).toEqual([2, ['cat', 'dog'], [0, 1]]);
  });

  test('takes a class however its accents are spelled', () => {
    const options = { transform, labels: ['cafe\u0301', 'bar'], classNames: ['bar', 'caf\u00e9'] };
    expect([...imageFiles([file('1.jpg'), file('2.jpg')], options).labels!]).toEqual([1, 0]);
  });

  test('refuses labels that do not fit', () => {
    expect(() => imageFiles([file('x.jpg')], { transform, labels: [] })).toThrow(/1 image files, but 0 labels/);
    const classNames = ['a', 'b'];
    expect(() => imageFiles([file('x.jpg')], { transform, labels: ['c'], classNames })).toThrow(/'x.jpg'.*'c'.*a, b/);
  });
});
