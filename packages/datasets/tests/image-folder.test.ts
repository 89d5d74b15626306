import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { createRng } from '@zoo/core';
import { CenterCrop, Compose, Resize, ToTensor } from '@zoo/transforms';
import { describe, expect, it } from 'vitest';
import { DataLoader, drawShape, encodePng, formatClassBalance, split, subsetByNames } from '../src/index.ts';
import { generateShapesFolder, imageFolder, readNameList, scanImageFolder, splitFolder } from '../src/node.ts';
import { error, temporaryFolder } from './temporary-folder.ts';

const at = temporaryFolder();
const transform = new Compose([new Resize(16), new CenterCrop(16), new ToTensor()]);
const png = encodePng(drawShape({ shape: 'circle', size: 16, rng: createRng(1) }).image);

/** Makes files, `name` for an image and `name=text` for any other content; a name that ends in '/' is a folder. */
function tree(name: string, files: readonly string[]): string {
  const root = at(name);
  mkdirSync(root, { recursive: true });
  for (const file of files) {
    const [path = '', text] = file.split('=');
    mkdirSync(join(root, path.endsWith('/') ? path : join(path, '..')), { recursive: true });
    if (!path.endsWith('/')) writeFileSync(join(root, path), text ?? png);
  }
  return root;
}

const quiet = { transform, onNotice: () => {} };

describe('imageFolder', () => {
  it("orders classes and files as torchvision's ImageFolder", async () => {
    // The order that torchvision 0.14 gives for these files: folders by their whole path, then files, by code point.
    const files = [
      'Zebra/1.png',
      'ant/b.png',
      'ant/a.PNG',
      'ant/B.png',
      'ant/x/1.png',
      'ant/x-y/1.png',
      'ant/x/y/1.png',
      'ant/\u{1f41c}.png',
      'ant/\ufb01.png',
    ];
    const root = tree('order', files);
    const { classNames, files: found } = await scanImageFolder(root);
    expect(classNames).toEqual(['Zebra', 'ant']);
    expect(found.map(({ name }) => name)).toEqual([
      'Zebra/1.png',
      ...[
        'ant/B.png',
        'ant/a.PNG',
        'ant/b.png',
        'ant/\ufb01.png',
        'ant/\u{1f41c}.png',
        'ant/x/1.png',
        'ant/x-y/1.png',
        'ant/x/y/1.png',
      ],
    ]);
    expect(found.map(({ label }) => label)).toEqual([0, 1, 1, 1, 1, 1, 1, 1, 1]);
  });

  it('gives tensors with labels, and describes the data wherever it lies', async () => {
    await generateShapesFolder(at('shapes'), { classes: 3, perClass: 2, size: 24, seed: 4 });
    await generateShapesFolder(at('elsewhere', 'copy'), { classes: 3, perClass: 2, size: 24, seed: 4 });
    await generateShapesFolder(at('other'), { classes: 3, perClass: 2, size: 24, seed: 5 });
    const dataset = await imageFolder(at('shapes'), { transform });
    expect([dataset.length, dataset.inputShape, dataset.classNames]).toEqual([
      6,
      [16, 16, 3],
      ['circle', 'square', 'triangle'],
    ]);
    const { inputs, targets } = await dataset.batch([5, 0]);
    expect([inputs.shape, [...(await targets.data())]]).toEqual([
      [2, 16, 16, 3],
      [2, 0],
    ]);
    inputs.dispose();
    targets.dispose();
    const describe = async (...parts: string[]) => (await imageFolder(at(...parts), { transform })).describe();
    expect(await describe('elsewhere', 'copy')).toEqual(dataset.describe());
    expect((await describe('other'))['content']).not.toBe(dataset.describe()['content']);
    expect(formatClassBalance(dataset)).toMatch(
      /^class +examples +share\ncircle +2 +33\.3 % +#{24}\n[\s\S]*6 examples in 3 classes; all alike\.$/,
    );
  });

  it('leaves out hidden and other files, links that loop or lead nowhere, and says so', async () => {
    const root = tree('odd', [
      'cat/1.png',
      'dog/1.png',
      'cat/.DS_Store=x',
      'cat/notes.txt=x',
      'cat/old.psd=x',
      'loose.png',
      '.git/a/1.png',
    ]);
    symlinkSync('..', join(root, 'cat', 'up'));
    symlinkSync('nowhere.png', join(root, 'cat', 'lost.png'));
    symlinkSync('self.png', join(root, 'cat', 'self.png'));
    symlinkSync(join(root, 'dog'), join(root, 'puppy')); // a link to a folder elsewhere counts
    const notices: string[] = [];
    const dataset = await imageFolder(root, { transform, onNotice: (notice) => notices.push(notice) });
    expect(dataset.items.map(({ name }) => name)).toEqual(['cat/1.png', 'dog/1.png', 'puppy/1.png']);
    const { ignored } = await scanImageFolder(root);
    expect(Object.fromEntries(ignored.map(({ name, reason }) => [name, reason]))).toEqual({
      ...{ '.git': 'hidden', 'cat/.DS_Store': 'hidden', 'cat/notes.txt': 'no image', 'cat/old.psd': 'no image' },
      ...{
        'cat/up': 'link loop',
        'cat/lost.png': 'broken link',
        'cat/self.png': 'link loop',
        'loose.png': 'outside the classes',
      },
    });
    expect(notices).toEqual([
      expect.stringMatching(
        /6 left out .*no image: cat\/notes\.txt, cat\/old\.psd; link loop: cat\/self\.png, cat\/up; outside/,
      ),
    ]);
  });

  it('refuses what is no set of classes, with a way out', async () => {
    const refuse = (root: string, options = {}) => expect(imageFolder(root, { ...quiet, ...options })).rejects;
    await refuse(at('nothing-here')).toEqual(error('FILE_NOT_FOUND', /nothing-here does not exist/));
    await refuse(tree('empty', [])).toEqual(error('FILE_NOT_FOUND', /empty has no class folders/));
    await refuse(tree('flat', ['1.png', '2.png'])).toEqual(
      error('FILE_NOT_FOUND', /2 images lie directly in it.*imageCsv/),
    );
    await refuse(tree('single', ['cat/1.png'])).toEqual(error('INVALID_ARGUMENT', /one class only, 'cat'; at least 2/));
    await refuse(tree('wrapped', ['data/cat/1.png', 'data/dog/1.png'])).toEqual(
      error('INVALID_ARGUMENT', /Did you mean .*wrapped\/data/),
    );
    const splits = tree('train-and-val', ['train/cat/1.png', 'train/dog/1.png', 'val/cat/1.png', 'val/dog/1.png']);
    await refuse(splits).toEqual(
      error('INVALID_ARGUMENT', /splits, not classes: train, val\. Open one, .*\/train, or/),
    );
    expect((await imageFolder(splits, { ...quiet, classNames: ['train', 'val'] })).length).toBe(4);
    await refuse(tree('bare', ['test/1.png', 'train/1.png'])).toEqual(error('INVALID_ARGUMENT', /splits, not classes/));
    expect((await imageFolder(tree('vehicles', ['bus/1.png', 'test/1.png', 'train/1.png']), quiet)).length).toBe(3);
    await refuse(at('vehicles'), { transform: undefined }).toEqual(error('INVALID_ARGUMENT', /needs a transform/));
    await refuse(at('vehicles'), { onBadFile: 'ignore' }).toEqual(
      error('INVALID_ARGUMENT', /'throw', 'skip' or 'skipAny', got 'ignore'/),
    );
    await refuse(tree('case', ['Cat/1.png', 'cat/2.png'])).toEqual(error('DUPLICATE_NAME', /'Cat' and 'cat'.*case/));
    await refuse(tree('accents', ['caf\u00e9/1.png', 'cafe\u0301/2.png'])).toEqual(error('DUPLICATE_NAME', /accents/));
    await refuse(tree('hollow', ['cat/1.png', 'dog/', 'cow/a.txt=x'])).toEqual(
      error('FILE_NOT_FOUND', /cow, dog have no images.*cow\/a\.txt/),
    );
    await refuse(tree('names', ['cat/1.png', 'dgo/1.png']), { classNames: ['cat', 'dog'] }).toEqual(
      error('UNKNOWN_NAME', /class 'dgo'.*Did you mean 'dog'/),
    );
    expect((await imageFolder(at('single'), { ...quiet, minClasses: 1 })).length).toBe(1);
    const kept = await imageFolder(at('hollow'), { ...quiet, allowEmptyClasses: true });
    expect([kept.length, kept.classNames]).toEqual([1, ['cat', 'cow', 'dog']]);
    const others = await imageFolder(tree('val', ['dog/1.png', 'cat/1.png']), {
      transform,
      classNames: ['dog', 'cat'],
    });
    expect([...others.labels!]).toEqual([1, 0]); // files keep the order of their names
  });

  it('names a file that cannot be read, and says what to do', async () => {
    const images = await imageFolder(tree('damaged', ['cat/1.png', 'dog/2.png=text']), quiet);
    await expect(images.batch([0, 1])).rejects.toEqual(
      error('NOT_SUPPORTED', /'dog\/2\.png' is no image.*Replace the file, or .* onBadFile: 'skip'/),
    );
  });

  it('finds the folder of a split under the names that people give it', async () => {
    const splits = async (name: string, files: readonly string[]) => {
      const root = tree(name, files);
      const found = await Promise.all((['train', 'test'] as const).map((split) => splitFolder(root, split)));
      return found.map((path) => path?.slice(root.length + 1));
    };
    expect(await splits('plain', ['train/', 'valid/'])).toEqual(['train', 'valid']);
    expect(await splits('kaggle', ['Training/cat/1.png', 'Testing/cat/1.png'])).toEqual(['Training', 'Testing']);
    expect(await splits('upper', ['TRAIN/a/1.png', 'Test/a/1.png', 'val/a/1.png'])).toEqual(['TRAIN', 'Test']);
    expect(await splits('sets', ['training_set/training_set/a/1.png', 'test-set/test-set/a/1.png'])).toEqual([
      'training_set/training_set',
      'test-set/test-set',
    ]);
    const nested = ['chest/train/a/1.png', 'chest/test/a/1.png', 'train/a/1.png', 'test/a/1.png', 'val/a/1.png'];
    expect(await splits('chest', nested)).toEqual(['train', 'test']); // beside a copy of itself
    expect(await splits('unlabelled', ['train/a/1.png', 'train/b/1.png', 'test/1.png'])).toEqual(['train', 'test']);
    expect(await splits('notes', ['train/a/1.png', 'valid/a/1.png', 'annotations/1.xml=x'])).toEqual([
      'train',
      'valid',
    ]);
    expect(await splits('classes', ['bus/1.png', 'test/1.png', 'train/1.png'])).toEqual([undefined, undefined]);
    expect(await splits('models', ['bus/city/1.png', 'train/steam/1.png'])).toEqual([undefined, undefined]);
    expect(await splits('hollow-folder', [])).toEqual([undefined, undefined]);
    expect(await splitFolder(at('upper'), 'val')).toBe(join(at('upper'), 'val'));
  });

  it('never takes splits for classes, nor what is there for what is not', async () => {
    for (const names of [
      ['Training', 'Testing'],
      ['Train', 'Test'],
      ['train', 'validation_set'],
      ['TRAIN', 'DEV'],
    ]) {
      const files = names.flatMap((name) => [`${name}/cat/1.png`, `${name}/dog/1.png`]);
      await expect(imageFolder(tree(`splits-${names}`, files), quiet)).rejects.toEqual(
        error('INVALID_ARGUMENT', new RegExp(`splits, not classes: ${[...names].sort().join(', ')}`)),
      );
    }
    await expect(splitFolder(tree('only', ['Train/a/1.png']), 'test')).rejects.toEqual(
      error('FILE_NOT_FOUND', /only has nothing for the split 'test', only Train/),
    );
    await expect(splitFolder(tree('both', ['train/a/1.png', 'val/', 'valid/']), 'test')).rejects.toEqual(
      error('DUPLICATE_NAME', /'val' and 'valid'.*Merge or rename/),
    );
    await expect(splitFolder(at('only'), 'holdout' as 'test')).rejects.toEqual(
      error('UNKNOWN_NAME', /split 'holdout'.*test, train, val/),
    );
  });

  it("leaves out what systems put into folders, whose images are nobody's class", async () => {
    const systems = ['@eaDir', '@Recycle', '#recycle', '$RECYCLE.BIN', 'System Volume Information', 'lost+found'];
    const root = tree('devices', [
      ...[...systems, '__MACOSX', '.ipynb_checkpoints', '.git'].map((name) => `${name}/1.png`),
      ...['cat/1.png', 'cat/@eaDir/1.png/SYNOPHOTO_THUMB_M.jpg', 'dog/._1.png', 'dog/1.png', 'dog/Thumbs.db=x'],
    ]);
    const notices: string[] = [];
    const dataset = await imageFolder(root, { transform, onNotice: (notice) => notices.push(notice) });
    expect(dataset.classNames).toEqual(['cat', 'dog']);
    expect(dataset.items.map(({ name }) => name)).toEqual(['cat/1.png', 'dog/1.png']);
    expect(notices).toEqual([]);
    expect(await splitFolder(tree('nas', ['@eaDir/1.png', 'train/a/1.png', 'test/a/1.png']), 'test')).toBeDefined();
  });

  it('compares names however their accents are spelled, and keeps those on disk', async () => {
    const [composed, apart] = ['caf\u00e9', 'cafe\u0301'];
    const root = tree('bars', [`${apart}/${apart}.png`, 'pub/1.png']);
    const dataset = await imageFolder(root, { ...quiet, classNames: ['pub', composed] });
    expect([dataset.classNames, [...dataset.labels!]]).toEqual([
      ['pub', composed],
      [1, 0],
    ]);
    expect(dataset.items[0]).toMatchObject({
      name: `${apart}/${apart}.png`,
      source: join(root, apart, `${apart}.png`),
    });
    tf.dispose(Object.values(await dataset.batch([0])));
    expect([...subsetByNames(dataset, [`${composed}/${composed}.png`]).labels!]).toEqual([1]);
    expect([...subsetByNames(dataset, [composed]).labels!]).toEqual([1]);
    const list = tree('accents-twice', [`list.txt=${composed}\n${apart}\n`]);
    await expect(readNameList(join(list, 'list.txt'))).rejects.toEqual(error('DUPLICATE_NAME', /twice/));
    await expect(imageFolder(root, { ...quiet, classNames: ['pub', composed, apart] })).rejects.toEqual(
      error('DUPLICATE_NAME', /twice/),
    );
    const plain = tree('plain-accents', [`${composed}/1.png`, 'pub/1.png']);
    expect((await imageFolder(plain, { ...quiet, classNames: [apart, 'pub'] })).classNames).toEqual([apart, 'pub']);
  });
});

describe('parts of an image folder', () => {
  it('by a list of names', async () => {
    const root = tree('listed', ['cat/1.png', 'cat/2.png', 'dog/1.png', 'dog/3.jpg']);
    const dataset = await imageFolder(root, quiet);
    const list = tree('lists', [
      'ok.txt=# a comment\r\ndog/1.png\r\n\r\n3\r\ncat/2.png\r\n',
      'twice.txt=a\na\n',
      'none.txt=\n',
    ]);
    const part = subsetByNames(dataset, await readNameList(join(list, 'ok.txt')));
    expect([...part.labels!]).toEqual([1, 1, 0]);
    expect(() => subsetByNames(dataset, ['1.png'])).toThrow(
      error('DUPLICATE_NAME', /may be any of cat\/1\.png, dog\/1\.png/),
    );
    expect(() => subsetByNames(dataset, ['4.png'])).toThrow(error('UNKNOWN_NAME', /'4\.png'.*look like 'cat\/1\.png'/));
    await expect(readNameList(join(list, 'twice.txt'))).rejects.toEqual(error('DUPLICATE_NAME', /lists 'a' twice/));
    await expect(readNameList(join(list, 'none.txt'))).rejects.toEqual(
      error('CORRUPT_FILE', /none\.txt lists no names/),
    );
    await expect(readNameList(join(list, 'missing.txt'))).rejects.toEqual(error('FILE_NOT_FOUND', /missing\.txt/));
  });

  it('by fractions of every class, whatever their sizes', async () => {
    const labels = Int32Array.from({ length: 100 }, (_, i) => (i < 80 ? 0 : i < 97 ? 1 : 2));
    const source = {
      length: 100,
      inputShape: [1],
      labels,
      batch: () => {
        throw new Error('not read');
      },
      describe: () => ({ name: 'x', length: 100, inputShape: [1] }),
    };
    const parts = split(source, [0.8, 0.2], { stratify: true, seed: 3 });
    const counts = parts.map(({ labels: some }) => [0, 1, 2].map((label) => some!.filter((l) => l === label).length));
    expect(counts.map(([a]) => a)).toEqual([64, 16]);
    expect(counts.map(([, b]) => b)).toSatisfy(([a, b]: number[]) => a! + b! === 17 && a! >= 13 && b! >= 3);
    expect(counts.flat().reduce((a, b) => a + b)).toBe(100);
    expect(split(source, [0.8, 0.2], { stratify: true, seed: 3 })[1]!.describe()).toEqual(parts[1]!.describe());
    expect(split(source, [0.8, 0.2], { stratify: true, seed: 4 })[1]!.describe()).not.toEqual(parts[1]!.describe());
    expect([...parts[0]!.labels!.subarray(0, 64)]).not.toEqual(new Array(64).fill(0)); // classes are mixed
  });

  it('go through the workers of a DataLoader as the whole does', async () => {
    const dataset = await imageFolder(at('shapes'), { transform });
    const [part] = split(dataset, [0.5, 0.5], { stratify: true });
    const loader = new DataLoader(part!, { batchSize: 2 });
    const sizes: number[] = [];
    for await (const { inputs, targets } of loader) {
      sizes.push(inputs.shape[0]!);
      inputs.dispose();
      targets.dispose();
    }
    expect(sizes).toEqual([2, 1]);
  });
});
