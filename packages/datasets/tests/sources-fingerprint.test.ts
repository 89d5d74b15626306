import { cpSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { ImageDataset, subset } from '@zoo/datasets';
import { imageFolder } from '@zoo/datasets/node';
import { CenterCrop, Compose, Resize, ToTensor } from '@zoo/transforms';
import { expect, test } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

const at = temporaryFolder();
const transform = new Compose([new Resize(10), new CenterCrop(8), new ToTensor()]);

/** A file of many windows, made by a generator so that every byte differs from its neighbours. */
const content = (seed: number): Buffer =>
  Buffer.from(Uint8Array.from({ length: 60_000 }, (_, i) => (i * 31 + seed) % 251));

function write(folder: string): void {
  for (const [i, name] of ['cat/0.png', 'cat/1.png', 'dog/0.png'].entries()) {
    mkdirSync(at(folder, name, '..'), { recursive: true });
    writeFileSync(at(folder, name), content(i));
  }
}

const print = async (folder: string, whole = false, indices = [0, 1, 2]): Promise<string> =>
  (await imageFolder(at(folder), { transform })).fingerprint(indices, { whole });

test('a copied folder with other times has the same fingerprint', async () => {
  write('first');
  cpSync(at('first'), at('copy'), { recursive: true });
  utimesSync(at('copy', 'cat/0.png'), new Date(0), new Date(0));
  for (const whole of [false, true]) expect(await print('copy', whole)).toBe(await print('first', whole));
  expect(await print('first', true)).not.toBe(await print('first', false));
});

test('a file replaced by another of its name and size changes it', async () => {
  write('replaced');
  const [before, whole] = [await print('replaced'), await print('replaced', true)];
  const file = at('replaced', 'dog/0.png');
  const good = readFileSync(file);
  const described = (await imageFolder(at('replaced'), { transform })).describe();
  for (const place of [0, 4095, 30_000, 59_999, 56_000]) {
    const changed = Buffer.from(good);
    changed[place]! ^= 1;
    writeFileSync(file, changed);
    expect(await print('replaced'), `byte ${place}`).not.toBe(before);
    expect(await print('replaced', false, [0, 1]), 'of the other files').toBe(await print('first', false, [0, 1]));
    expect((await imageFolder(at('replaced'), { transform })).describe()).toEqual(described);
  }
  const between = Buffer.from(good);
  between[15_000]! ^= 1;
  writeFileSync(file, between);
  expect(await print('replaced')).toBe(before); // what the samples do not see
  expect(await print('replaced', true)).not.toBe(whole);
  rmSync(file);
  const dataset = new ImageDataset({ items: [{ name: 'gone', source: file }], transform });
  const gone = await dataset.fingerprint([0]);
  writeFileSync(file, good);
  expect(await dataset.fingerprint([0])).not.toBe(gone);
});

test('order, bytes, Blobs and masks count', async () => {
  const [a, b] = [content(1), content(2)];
  const of = (...sources: (Buffer | Blob)[]) =>
    new ImageDataset({ items: sources.map((source, i) => ({ name: `${i}`, source })), transform });
  const both = await of(a, b).fingerprint([0, 1]);
  expect(await of(b, a).fingerprint([0, 1])).not.toBe(both);
  expect(await of(b, a).fingerprint([1, 0])).toBe(both);
  expect(await of(new Blob([new Uint8Array(a)]), b).fingerprint([0, 1])).toBe(both);
  const masked = (mask: Buffer) => new ImageDataset({ items: [{ name: 'a', source: a, mask }], transform });
  expect(await masked(a).fingerprint([0])).not.toBe(await masked(b).fingerprint([0]));
  expect(subset(of(a, b), [1]).fingerprint).toBeUndefined(); // who asks goes to the data set below
});
