import { mkdirSync, writeFileSync } from 'node:fs';
import { createRegistry, createRng } from '@zoo/core';
import { Compose, Resize, ToTensor } from '@zoo/transforms';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Dataset, drawShape, encodePng } from '../src/index.ts';
import { datasets, generateShapesCsv, imageCsv } from '../src/node.ts';
import { error, temporaryFolder } from './temporary-folder.ts';

const at = temporaryFolder();
const transform = new Compose([new Resize([8, 8]), new ToTensor()]);
const png = encodePng(drawShape({ shape: 'star', size: 16, rng: createRng(1) }).image);

beforeAll(() => {
  mkdirSync(at('photos'));
  for (const name of ['a.png', 'b.png', 'c, d.png']) writeFileSync(at('photos', name), png);
});

function csv(text: string, name = 'labels.csv'): string {
  writeFileSync(at(name), text);
  return at(name);
}

describe('imageCsv', () => {
  it('opens what a file lists, in its order', async () => {
    const file = csv('\ufeffid,breed,note\r\n"c, d",pug,"two\r\nlines"\r\na,boxer,\r\n\r\n b ,pug,x\r\n');
    const dataset = await imageCsv({
      csv: file,
      root: at('photos'),
      imageColumn: 'id',
      labelColumn: 'breed',
      extension: '.png',
      transform,
    });
    expect([dataset.classNames, [...dataset.labels!]]).toEqual([
      ['boxer', 'pug'],
      [1, 0, 1],
    ]);
    expect(dataset.items.map(({ name }) => name)).toEqual(['c, d.png', 'a.png', 'b.png']);
    const { inputs, targets } = await dataset.batch([0]);
    expect(inputs.shape).toEqual([1, 8, 8, 3]);
    inputs.dispose();
    targets.dispose();
    const numbers = csv('image,label\nphotos/a.png,10\nphotos/b.png,9\n');
    expect((await imageCsv({ csv: numbers, transform })).classNames).toEqual(['9', '10']);
    const tabs = csv('image\tlabel\nphotos/a.png\tx\nphotos/b.png\ty\n', 'labels.tsv');
    expect((await imageCsv({ csv: tabs, transform, classNames: ['y', 'x', 'z'] })).labels).toEqual(Int32Array.of(1, 0));
  });

  it('names the line and column of what is wrong, and the way out', async () => {
    const refuse = (text: string, options = {}) =>
      expect(imageCsv({ csv: csv(text), root: at('photos'), transform, ...options })).rejects;
    await refuse('image,class\na.png,x\n').toEqual(
      error('UNKNOWN_NAME', /labels\.csv: Unknown column 'label'.*Known: class, image/),
    );
    await refuse('Image,label\na.png,x\n').toEqual(error('UNKNOWN_NAME', /'image'.*Did you mean 'Image'/));
    await refuse('image,label\na.png,x\nb.png,\n').toEqual(error('CORRUPT_FILE', /line 3: 'b\.png' has no label/));
    await refuse('image,label\n,x\n').toEqual(error('CORRUPT_FILE', /line 2: the column 'image' is empty/));
    await refuse('image,label\na.png,x\nb.png,y,z\n').toEqual(error('CORRUPT_FILE', /labels\.csv: .*line 3/));
    await refuse('image,label\n"a.png,x\n').toEqual(error('CORRUPT_FILE', /labels\.csv: .*quot/i));
    await refuse('image,label,label\na.png,x,y\n').toEqual(error('DUPLICATE_NAME', /column 'label' twice/));
    await refuse('image,label\na.png,x\nb.png,y\na.png,y\n').toEqual(
      error('CORRUPT_FILE', /line 4: 'a\.png' is on line 2 already/),
    );
    await refuse('image,label\na.png,x\nb.png,x\n').toEqual(error('INVALID_ARGUMENT', /one class only, 'x'/));
    await refuse('image,label\na.png,Dog\nb.png,dog\n').toEqual(error('DUPLICATE_NAME', /'Dog' and 'dog'/));
    await refuse('image,label\na.png,x\n../labels.csv,y\n').toEqual(
      error('CORRUPT_FILE', /line 3: '\.\.\/labels\.csv' leads out/),
    );
    await refuse('image,label\na.png,x\nq.png,y\nr.png,y\n').toEqual(
      error('FILE_NOT_FOUND', /line 3: there is no file .*q\.png, and 1 more/),
    );
    await refuse('image,label\na,x\nb,y\n').toEqual(error('FILE_NOT_FOUND', /Set extension/));
    await refuse('image,label\na.png,dgo\nb.png,cat\n', { classNames: ['cat', 'dog'] }).toEqual(
      error('UNKNOWN_NAME', /line 2: Unknown class 'dgo'\. Did you mean 'dog'/),
    );
    await refuse('').toEqual(error('CORRUPT_FILE', /the file is empty/));
    await refuse('image,label\n').toEqual(error('CORRUPT_FILE', /no rows below the header/));
    await expect(imageCsv({ csv: at('none.csv'), transform })).rejects.toEqual(error('FILE_NOT_FOUND', /none\.csv/));
  });

  it('opens generated sets by name, with their own splits or a held-out part', async () => {
    await generateShapesCsv(at('generated'), { classes: 2, train: 4, test: 1, size: 16 });
    await generateShapesCsv(at('whole'), { classes: 2, perClass: 5, size: 16 });
    const open = (options: object): Promise<Dataset> =>
      createRegistry()
        .use(datasets)
        .dataset('image-csv')
        .load({ transform, ...options });
    expect((await open({ root: at('generated') })).length).toBe(8);
    expect([...(await open({ root: at('generated'), split: 'test' })).labels!]).toEqual([0, 1]);
    expect((await open({ root: at('whole'), split: 'test' })).length).toBe(2);
    expect((await open({ root: at('whole', 'labels.csv'), holdOut: 0.4 })).length).toBe(6);
    await expect(open({ root: at('whole'), holdOut: 1 })).rejects.toEqual(error('INVALID_ARGUMENT', /holdOut/));
  });
});
