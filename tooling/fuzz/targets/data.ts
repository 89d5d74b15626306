import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateRawSync, gunzipSync, gzipSync } from 'node:zlib';
import type { Rng } from '@zoo/core';
import type { Dataset } from '@zoo/datasets';
import { cifar10, generateShapesArchive, idxFolder, imageArchive, imageCsv } from '@zoo/datasets/node';
import { Compose, Resize, ToTensor } from '@zoo/transforms';
import sharp from 'sharp';
import { mutateBytes } from '../mutate.ts';
import { tarGz } from '../tar-file.ts';
import { type Files, type FuzzTarget, megabyte, utf8 } from '../target.ts';
import { repeated } from '../text.ts';
import { storedZip } from '../zip-file.ts';

/** Changes what a .gz file expands to, which its checksum would give away otherwise. */
const mutateGzip = (bytes: Uint8Array, rng: Rng): Uint8Array => {
  const content = gunzipSync(bytes);
  return gzipSync(mutateBytes(content, content, rng));
};

const transform = new Compose([new Resize([8, 8]), new ToTensor()]);

/** Reads up to four examples, and checks that they have the shape that the data set says. */
async function readSome(dataset: Dataset): Promise<void> {
  const { inputs, targets } = await dataset.batch([...Array(Math.min(4, dataset.length)).keys()]);
  const [, ...shape] = inputs.shape;
  inputs.dispose();
  targets.dispose();
  if (`${shape}` !== `${dataset.inputShape}`) throw new Error(`an example is [${shape}], not [${dataset.inputShape}]`);
}

const png = (): Promise<Uint8Array> =>
  sharp(new Uint8Array(3 * 36).fill(99), { raw: { width: 6, height: 6, channels: 3 } })
    .png()
    .toBuffer();

const table = 'labels.csv';

export const csv: FuzzTarget = {
  name: 'csv',
  share: 10,
  samples: async () => {
    const images = { 'a.png': await png(), 'b c.png': await png(), 'd.png': await png() };
    return [
      { ...images, [table]: utf8('image,label\na.png,cat\n"b c.png",dog\nd.png,"cat"\n') },
      { ...images, [table]: utf8('label,image,note\r\ncat,a.png,"two\r\nlines"\r\ndog,d.png,""\r\n') },
    ];
  },
  read: async (folder) => readSome(await imageCsv({ csv: join(folder, table), transform })),
  hostile() {
    const rows = (n: number) => `image,label\n${Array.from({ length: n }, (_, i) => `a${i}.png,c${i % 9}\n`).join('')}`;
    const image = png();
    const like = image.then(
      (a): Files => ({
        [table]: utf8(`image,label,note\na.png,cat,x\nb.png,dog,${repeated('n', megabyte)}\n`),
        'a.png': a,
        'b.png': a,
      }),
    );
    const case_ = (kind: string, text: string) => ({ kind, files: { [table]: utf8(text) }, like });
    return [
      case_('a very long cell', `image,label\n${repeated('n', 8 * megabyte)},cat\n`),
      case_('a quote that never ends', `image,label\n"${repeated('a.png,cat\n', 8 * megabyte)}`),
      case_('many columns', `${repeated('c,', 2 * megabyte)}image,label\na.png,cat\n`),
      case_('many named columns', `${Array.from({ length: 100_000 }, (_, i) => `c${i}`)}\n${repeated(',', 100_000)}\n`),
      case_('many values in a row', `image,label\n${repeated('a,', 4 * megabyte)}\n`),
      case_('many rows', rows(10_000)),
      case_(
        'many classes',
        `image,label\n${Array.from({ length: 10_000 }, (_, i) => `a.png${i},class ${i}\n`).join('')}`,
      ),
      case_('many empty lines', `image,label\n${repeated('\n', 4 * megabyte)}a.png,cat\n`),
      case_('quotes inside', 'image,label\na.png,say "cheese"\nb.png,"dog" food\n'),
    ];
  },
};

const zip = 'shapes.zip';
/** A good archive that stores about `bytes`: two classes of images of noise. */
async function bigArchive(bytes: number): Promise<Files> {
  const side = Math.ceil(Math.sqrt(bytes / 6));
  const noise = Uint8Array.from({ length: side * side * 3 }, (_, i) => Math.imul(i, 2654435761) >>> 24);
  const data = await sharp(noise, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toBuffer();
  return { [zip]: storedZip(['a/1.png', 'b/1.png'].map((name) => ({ name, data }))) };
}

export const archive: FuzzTarget = {
  name: 'zip archive',
  share: 8,
  samples: async (folder) => {
    const file = join(folder, 'sample.zip');
    await generateShapesArchive(file, { perClass: 1, size: 12, classes: ['circle', 'square'] });
    return [{ [zip]: new Uint8Array(await readFile(file)) }];
  },
  read: async (folder) =>
    readSome(await imageArchive(join(folder, zip), { cacheDir: join(folder, 'cache'), transform, onNotice: () => {} })),
  hostile() {
    const case_ = (kind: string, bytes: Uint8Array) => ({
      kind,
      files: { [zip]: bytes },
      like: bigArchive(bytes.length),
    });
    const data = new Uint8Array(megabyte - 1);
    const deflated = deflateRawSync(data);
    const names = (n: number, name: (i: number) => string) => Array.from({ length: n }, (_, i) => name(i));
    const tiny = new Uint8Array(1);
    return [
      case_(
        'entries that expand a thousandfold',
        storedZip(names(400, (i) => `a/${i}.png`).map((name) => ({ name, data, deflated }))),
      ),
      case_(
        'entries that share one body',
        storedZip(
          names(400, (i) => `a/${i}.png`).map((name, i) => ({
            name,
            data,
            deflated,
            ...(i > 0 && { sameAs: 'a/0.png' }),
          })),
        ),
      ),
      case_('many tiny entries', storedZip(names(60_000, (i) => `a/${i}.png`).map((name) => ({ name, data: tiny })))),
      case_(
        'many empty folders',
        storedZip(names(60_000, (i) => `a${i}/`).map((name) => ({ name, data: new Uint8Array(0) }))),
      ),
      case_(
        'very long names',
        storedZip(names(100, (i) => `a/${repeated(`${i}n`, 60_000)}.png`).map((name) => ({ name, data: tiny }))),
      ),
      case_(
        'very deep folders',
        storedZip(names(20, (i) => `${repeated('a/', 60_000)}${i}.png`).map((name) => ({ name, data: tiny }))),
      ),
    ];
  },
};

const tar = 'cifar-10-binary.tar.gz';
const batch = 'cifar-10-batches-bin/test_batch.bin';
const record = new Uint8Array(3073);
const cifarTar = (data: Uint8Array) =>
  tarGz([
    { name: batch, data },
    { name: 'cifar-10-batches-bin/batches.meta.txt', data: utf8('airplane\n') },
  ]);

export const tarball: FuzzTarget = {
  name: 'tar archive',
  share: 4,
  samples: async () => [{ [tar]: cifarTar(new Uint8Array(4 * 3073)) }],
  read: async (folder) => readSome(await cifar10({ root: folder, split: 'test', download: false })),
  mutate: (files, rng) => ({ [tar]: mutateGzip(files[tar]!, rng) }),
  hostile() {
    const like = {
      [tar]: cifarTar(
        Uint8Array.from({ length: 300 * 3073 }, (_, i) => (i % 3073 ? Math.imul(i, 2654435761) >>> 24 : 1)),
      ),
    };
    const case_ = (kind: string, bytes: Uint8Array) => ({ kind, files: { [tar]: bytes }, like });
    const many = Array.from({ length: 50_000 }, (_, i) => ({ name: `x/${i}`, data: new Uint8Array(0) }));
    return [
      case_('a file that expands a thousandfold', cifarTar(new Uint8Array(300 * megabyte))),
      case_(
        'other files that expand a thousandfold',
        tarGz([
          { name: 'x', data: new Uint8Array(300 * megabyte) },
          { name: batch, data: record },
        ]),
      ),
      case_('many tiny entries', tarGz([...many, { name: batch, data: record }])),
      case_(
        'a very long name',
        tarGz([
          { name: 'x', type: 'L', data: utf8(repeated('n', 8 * megabyte)) },
          { name: batch, data: record },
        ]),
      ),
      case_(
        'very long attributes',
        tarGz([
          { name: 'x', type: 'x', data: utf8(`8388608 path=${repeated('n', 8 * megabyte)}\n`) },
          { name: batch, data: record },
        ]),
      ),
    ];
  },
};

/** An IDX file of bytes, compressed as it is published. */
function idxGz(shape: readonly number[], data: Uint8Array): Uint8Array {
  const head = Buffer.alloc(4 + 4 * shape.length);
  head.set([0, 0, 8, shape.length]);
  shape.forEach((size, axis) => void head.writeUInt32BE(size, 4 + 4 * axis));
  return gzipSync(Buffer.concat([head, data]));
}

const [images, labels] = ['t10k-images-idx3-ubyte.gz', 't10k-labels-idx1-ubyte.gz'];
const idxPair = (n: number): Files => ({
  [images]: idxGz(
    [n, 8, 8],
    Uint8Array.from({ length: 64 * n }, (_, i) => Math.imul(i, 2654435761) >>> 24),
  ),
  [labels]: idxGz(
    [n],
    Uint8Array.from({ length: n }, (_, i) => i % 10),
  ),
});

export const idx: FuzzTarget = {
  name: 'idx',
  share: 5,
  samples: async () => [idxPair(4)],
  read: async (folder) => readSome(await idxFolder({ root: folder, split: 'test' })),
  mutate(files, rng) {
    const name = rng.int(2) === 0 ? images : labels;
    return { ...files, [name]: mutateGzip(files[name]!, rng) };
  },
  hostile() {
    const good = idxPair(4);
    const case_ = (kind: string, bytes: Uint8Array) => ({
      kind,
      files: { ...good, [images]: bytes },
      like: idxPair(5000),
    });
    return [
      case_('content that expands a thousandfold', idxGz([4, 8, 8], new Uint8Array(300 * megabyte))),
      case_('many dimensions', idxGz(new Array(255).fill(1), new Uint8Array(1))),
      case_('sizes whose product overflows', idxGz([2 ** 31, 2 ** 31, 4], new Uint8Array(64))),
    ];
  },
};
