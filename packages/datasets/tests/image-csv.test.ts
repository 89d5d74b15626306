import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRegistry, createRng } from '@zoo/core';
import { Compose, Resize, ToTensor } from '@zoo/transforms';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Dataset, drawShape, encodePng } from '../src/index.ts';
import { datasets, detectFormat, generateShapesCsv, imageCsv } from '../src/node.ts';
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

  it('takes paths from the root on, or below it', async () => {
    symlinkSync(at('photos'), at('linked'));
    const file = csv(`image,label\n${at('photos', 'a.png')},x\n./b.png,y\n`);
    for (const root of ['photos', 'linked']) {
      const { items } = await imageCsv({ csv: file, root: at(root), transform });
      expect(items.map(({ name, source }) => [name, source])).toEqual([
        ['a.png', at(root, 'a.png')],
        ['b.png', at(root, 'b.png')],
      ]);
    }
  });

  it("reads separators and quotes as Python's csv does", async () => {
    const open = async (text: string, options = {}) => {
      const { items, classNames } = await imageCsv({ csv: csv(text), root: at('photos'), transform, ...options });
      return [items.map(({ name }) => name), classNames];
    };
    const both = ['a.png', 'b.png'];
    expect(await open('image;label\na.png;Paris, Texas\nb.png;x\n')).toEqual([both, ['Paris, Texas', 'x']]);
    expect(await open('image\tlabel\r\na.png\tx;y\r\n\r\nb.png\tz\r\n')).toEqual([both, ['x;y', 'z']]);
    expect(await open('"note, a, b";"image";label\n1;a.png;x\n2;b.png;y\n')).toEqual([both, ['x', 'y']]);
    expect(await open('image|label\na.png|x\nb.png|y\n', { delimiter: '|' })).toEqual([both, ['x', 'y']]);
    expect(await open('image,label\na.png,say "cheese"\nb.png,"say ""cheese""!"\n')).toEqual([
      both,
      ['say "cheese"', 'say "cheese"!'],
    ]);
    expect(await open(',image,label,,\n0,a.png,x,,\n1,b.png,y,,\n')).toEqual([both, ['x', 'y']]); // as pandas writes
  });

  it('takes the rows of a split', async () => {
    const options = { csv: csv('image,label,split\na.png,x,TRAIN\nb.png,y,valid\n'), root: at('photos'), transform };
    const names = async (split?: 'train' | 'val' | 'test') =>
      (await imageCsv({ ...options, split })).items.map(({ name }) => name);
    expect(await names('train')).toEqual(['a.png']);
    expect(await names('val')).toEqual(['b.png']);
    expect(await names('test')).toEqual(['b.png']); // who has no test images measures on these
    expect(await names()).toEqual(['a.png', 'b.png']);
    const test = await imageCsv({ ...options, split: 'test' });
    expect([test.classNames, [...test.labels!]]).toEqual([['x', 'y'], [1]]); // the classes of all splits
    const unlabelled = { ...options, csv: csv('image,label,split\na.png,x,train\nb.png,,test\n'), minClasses: 1 };
    expect((await imageCsv({ ...unlabelled, split: 'train' })).length).toBe(1);
    await expect(imageCsv({ ...unlabelled, split: 'test' })).rejects.toEqual(error('CORRUPT_FILE', /line 3.*no label/));
    const refuse = (text: string, more = {}) =>
      expect(imageCsv({ ...options, csv: csv(text), split: 'test', ...more })).rejects;
    await refuse('image,label,split\na.png,x,train\n').toEqual(error('FILE_NOT_FOUND', /nothing for the split 'test'/));
    await refuse('image,label,split\na.png,x,train\na.png,x,test\n').toEqual(error('CORRUPT_FILE', /line 2 already/));
    await refuse('image,label,split\na.png,x,1\n').toEqual(error('CORRUPT_FILE', /line 2: '1' in 'split'/));
    await refuse('image,label,fold\na.png,x,test\n').toEqual(error('UNKNOWN_NAME', /no column 'split'/));
    const fold = { ...options, csv: csv('image,label,fold\na.png,x,train\nb.png,x,test\n'), splitColumn: 'fold' };
    expect((await imageCsv({ ...fold, split: 'test', minClasses: 1 })).items[0]!.name).toBe('b.png');
  });

  it('finds files and classes however their accents are spelled', async () => {
    const [composed, apart] = ['\u00e9', 'e\u0301'];
    mkdirSync(at('photos', `${apart}t${apart}`));
    writeFileSync(at('photos', `${apart}t${apart}`, `${apart}.png`), png);
    const name = `${composed}t${composed}/${composed}.png`;
    const file = csv(`image,label\n${name},${apart}\na.png,x\n`);
    const dataset = await imageCsv({ csv: file, root: at('photos'), transform, classNames: ['x', composed] });
    expect(dataset.items[0]).toMatchObject({
      name,
      source: at('photos', `${apart}t${apart}`, `${apart}.png`),
      label: 1,
    });
    const twice = csv(`image,label\na.png,${composed}\nb.png,${apart}\n`);
    await expect(imageCsv({ csv: twice, root: at('photos'), transform })).rejects.toEqual(
      error('DUPLICATE_NAME', /spelling of accents/),
    );
  });

  it('names the encoding of a file that is not in UTF-8', async () => {
    const text = 'image,label\na.png,x\n';
    const refuse = (bytes: Uint8Array) => {
      writeFileSync(at('other.csv'), bytes);
      return expect(imageCsv({ csv: at('other.csv'), transform })).rejects;
    };
    await refuse(Buffer.from(`\ufeff${text}`, 'utf16le')).toEqual(error('CORRUPT_FILE', /UTF-16.*save it as UTF-8/));
    await refuse(Buffer.from(text, 'utf16le')).toEqual(error('CORRUPT_FILE', /no text in UTF-8/));
    await refuse(Buffer.from('image,label\na.png,caf\u00e9\n', 'latin1')).toEqual(error('CORRUPT_FILE', /UTF-8/));
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
    await refuse('image,label\na.png,x\nb.png,y,z\n').toEqual(
      error('CORRUPT_FILE', /labels\.csv, line 3: 3 values, but .* 2 columns/),
    );
    await refuse('image,label\na.png,x\n"b.png,y\n').toEqual(
      error('CORRUPT_FILE', /line 3: a quote opens and is never/),
    );
    await refuse('image,label\na.png,"x" y\n').toEqual(error('CORRUPT_FILE', /line 2: text follows a closing quote/));
    await refuse(`image,label\na.png,"${'x'.repeat(2 ** 21)}"\n`).toEqual(error('CORRUPT_FILE', /line 2: .* 1.5 MB/));
    await refuse(`${'a,'.repeat(10_000)}label\na.png,x\n`).toEqual(error('CORRUPT_FILE', /10001 columns/));
    await refuse('image,label\r\n"a\r\n\r\n.png",x\r\n\r\nb.png\r\n').toEqual(
      error('CORRUPT_FILE', /line 6: 1 values/),
    );
    await refuse('image,label\na.png,x\n', { delimiter: '' }).toEqual(error('INVALID_ARGUMENT', /delimiter/));
    await refuse('image,label,label\na.png,x,y\n').toEqual(error('DUPLICATE_NAME', /column 'label' twice/));
    await refuse('image,label\na.png,x\nb.png,y\na.png,y\n').toEqual(
      error('CORRUPT_FILE', /line 4: 'a\.png' is on line 2 already/),
    );
    await refuse('image,label\na.png,x\nb.png,x\n').toEqual(error('INVALID_ARGUMENT', /one class only, 'x'/));
    await refuse('image,label\na.png,Dog\nb.png,dog\n').toEqual(error('DUPLICATE_NAME', /'Dog' and 'dog'/));
    await refuse('image,label\na.png,x\n../labels.csv,y\n').toEqual(
      error('CORRUPT_FILE', /line 3: '\.\.\/labels\.csv' leads out of the folder of the images, .*photos/),
    );
    await refuse(`image,label\n${at('labels.csv')},x\n`).toEqual(error('CORRUPT_FILE', /line 2: .* leads out/));
    await refuse(`image,label\n${at('photos', 'a.png')},x\n./a.png,y\n`).toEqual(
      error('CORRUPT_FILE', /line 3: 'a\.png' is on line 2 already/),
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
    renameSync(at('generated', 'train.csv'), at('generated', 'Training.csv'));
    expect([await detectFormat(at('generated')), (await open({ root: at('generated') })).length]).toEqual([
      'image-csv',
      8,
    ]);
    rmSync(at('generated', 'test.csv'));
    await expect(open({ root: at('generated'), split: 'test' })).rejects.toEqual(
      error('FILE_NOT_FOUND', /nothing for the split 'test', only Training\.csv/),
    );
    await expect(open({ root: at('whole'), holdOut: 1 })).rejects.toEqual(error('INVALID_ARGUMENT', /holdOut/));
  });
});
