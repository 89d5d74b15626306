import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRegistry } from '@zoo/core';
import { Compose, Resize, ToTensor } from '@zoo/transforms';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CaptionDataset } from '../src/index.ts';
import { formatCaptions, parseCaptions } from '../src/index.ts';
import { captionFolder, datasets, generateCaptions } from '../src/node.ts';
import { error, temporaryFolder } from './temporary-folder.ts';

const at = temporaryFolder();
const transform = new Compose([new Resize([16, 16]), new ToTensor()]);
const files = () => ({
  captions: at('flickr', 'Flickr8k.token.txt'),
  images: at('flickr', 'Flicker8k_Dataset'),
  list: at('flickr', 'Flickr_8k.trainImages.txt'),
});
beforeAll(() => generateCaptions(at('flickr'), { train: 6, test: 3, classes: 3, size: 32, seed: 5 }), 60_000);

describe('the token file', () => {
  it('gives the captions of every image by their numbers', () => {
    const text = '\ufeffb.jpg#1\tsecond .\r\nb.jpg#0\tfirst .\r\n\r\na#1.jpg#0\t with # and \t tab \r\n';
    const captions = parseCaptions(text);
    expect([...captions]).toEqual([
      ['b.jpg', ['first .', 'second .']],
      ['a#1.jpg', ['with # and \t tab']],
    ]);
    expect(parseCaptions(formatCaptions(captions))).toEqual(captions);
  });

  it('is refused with the line that is wrong', () => {
    const parse = (text: string) => () => parseCaptions(text, { name: 'token.txt' });
    expect(parse('a.jpg#0\tx\na.jpg y\n')).toThrow(error('CORRUPT_FILE', /token\.txt, line 2: not of the form/));
    expect(parse('a.jpg#0\tx\na.jpg#0\ty\n')).toThrow(error('CORRUPT_FILE', /line 2: a\.jpg has caption 0 twice/));
    expect(parse('a.jpg#0\t  \n')).toThrow(error('CORRUPT_FILE', /caption 0 of a\.jpg is empty/));
    expect(parse('a.jpg#123456789\tx\n')).toThrow(error('CORRUPT_FILE', /123456789/));
    expect(parse('\n')).toThrow(error('CORRUPT_FILE', /token\.txt holds no captions/));
  });
});

describe('captionFolder', () => {
  it('gives the images of a list with their captions', async () => {
    const dataset = await captionFolder({ ...files(), transform });
    expect([dataset.length, dataset.captions.length, dataset.pairs().length]).toEqual([6, 6, 30]);
    expect(dataset.items[1]!.name).toBe('train_00001.jpg');
    expect(dataset.captions[1]![2]).toMatch(/^the picture shows a (small|large) square \.$/);
    expect(dataset.pairs()[29]).toEqual({ index: 5, caption: dataset.captions[5]![4] });
    expect(dataset.byImage().get('train_00001.jpg')).toEqual(dataset.captions[1]);
    const batch = await dataset.batch([4, 1]);
    expect([batch.inputs.shape, [...batch.indices]]).toEqual([
      [2, 16, 16, 3],
      [4, 1],
    ]);
    batch.inputs.dispose();
    batch.targets.dispose();
    const test = await captionFolder({ ...files(), list: at('flickr', 'Flickr_8k.testImages.txt'), transform });
    expect(test.describe()['captions']).not.toBe(dataset.describe()['captions']);
  });

  it('finds images however their accents are spelled', async () => {
    const [composed, apart] = ['caf\u00e9.png', 'cafe\u0301.png'];
    mkdirSync(at('accents'));
    writeFileSync(at('accents', apart), readFileSync(at('flickr', 'Flicker8k_Dataset', 'train_00001.jpg')));
    writeFileSync(at('accents.txt'), `${composed}#0\ta bar .\n${apart}#1\ta pub .\n`);
    writeFileSync(at('accents-list.txt'), `${apart}\n`);
    const options = { captions: at('accents.txt'), images: at('accents'), list: at('accents-list.txt'), transform };
    const dataset = await captionFolder(options);
    expect([dataset.items[0]!.source, dataset.captions]).toEqual([at('accents', apart), [['a bar .', 'a pub .']]]);
  });

  it("reads Kaggle's layout, and opens by name", async () => {
    const registry = createRegistry().use(datasets);
    const open = (options: object): Promise<CaptionDataset> =>
      registry.dataset('captions').load({ transform, ...options });
    expect((await open({ root: at('flickr'), split: 'test' })).length).toBe(3);
    mkdirSync(at('kaggle', 'Images'), { recursive: true });
    writeFileSync(at('kaggle', 'Images', 'a.jpg'), readFileSync(at('flickr', 'Flicker8k_Dataset', 'train_00000.jpg')));
    writeFileSync(at('kaggle', 'captions.txt'), 'image,caption\na.jpg,"one, two ."\na.jpg,three .\n');
    expect((await open({ root: at('kaggle') })).captions).toEqual([['one, two .', 'three .']]);
    await expect(open({ root: at('nothing') })).rejects.toEqual(
      error('FILE_NOT_FOUND', /has none of Flickr8k\.token\.txt/),
    );
  });

  it('leaves out captions without an image, and names what a list lacks', async () => {
    const { list: _, ...all } = files();
    rmSync(at('flickr', 'Flicker8k_Dataset', 'test_00001.jpg'));
    const notices: string[] = [];
    const dataset = await captionFolder({ ...all, transform, onNotice: (notice) => notices.push(notice) });
    expect([dataset.length, notices]).toEqual([
      8,
      [expect.stringMatching(/1 images with captions are not in .*test_00001\.jpg/)],
    ]);
    const refuse = (options: object) => expect(captionFolder({ ...all, transform, ...options })).rejects;
    await refuse({ list: at('flickr', 'Flickr_8k.testImages.txt') }).toEqual(
      error('FILE_NOT_FOUND', /lacks the image test_00001\.jpg/),
    );
    writeFileSync(at('list.txt'), 'train_00000.jpg\nother.jpg\n');
    await refuse({ list: at('list.txt') }).toEqual(
      error('UNKNOWN_NAME', /list\.txt names 'other\.jpg', which has no captions/),
    );
    await refuse({ images: at('no-images') }).toEqual(error('FILE_NOT_FOUND', /no-images does not exist/));
    await refuse({ captions: at('no-captions.txt') }).toEqual(error('FILE_NOT_FOUND', /no-captions\.txt/));
    writeFileSync(at('escape.txt'), '../secret.jpg#0\tx\n');
    await refuse({ captions: at('escape.txt') }).toEqual(
      error('CORRUPT_FILE', /'\.\.\/secret\.jpg' is no plain file name/),
    );
    writeFileSync(at('latin.txt'), Buffer.from('a.jpg#0\tcaf\xe9\n', 'latin1'));
    await refuse({ captions: at('latin.txt') }).toEqual(error('CORRUPT_FILE', /latin\.txt is no text in UTF-8/));
  });
});
