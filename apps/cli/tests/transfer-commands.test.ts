import { cp, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withFolderLock } from '@zoo/core/node';
import { generateShapesArchive, generateShapesCsv, generateShapesFolder } from '@zoo/datasets/node';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Outcome, temporaryFolder, zoo } from './test-io.ts';

const cwd = await temporaryFolder();
const classes = ['circle', 'square', 'triangle'] as const;
const lenet = ['--model', 'lenet5_relu', '--weights', 'FASHION_MNIST'];
const cli = (...argv: string[]): Promise<Outcome> => zoo(argv, { cwd });

beforeAll(async () => {
  await generateShapesFolder(join(cwd, 'photos'), { classes, train: 16, test: 8, size: 40, seed: 1 });
  expect((await cli('extract', 'photos', ...lenet, '--out', 'f')).err).toBe('');
  expect((await cli('extract', 'photos', ...lenet, '--split', 'test', '--out', 'f-test')).err).toBe('');
});

describe('zoo extract', () => {
  it('stores several taps, and takes an archive or a CSV file too', async () => {
    const taps = ['--taps', 'features,preLogits', '--pool', 'max', '--json'];
    const { out, err } = await cli('extract', 'photos', ...lenet, ...taps, '--out', 'taps');
    expect(err).toBe('');
    expect(JSON.parse(out)).toMatchObject({
      examples: 48,
      widths: { preLogits: 84 },
      pool: 'max',
      classNames: classes,
    });
    await generateShapesArchive(join(cwd, 'photos.zip'), { classes, train: 4, test: 2, size: 32, seed: 2 });
    await generateShapesCsv(join(cwd, 'listed'), { classes, perClass: 3, size: 32, seed: 2 });
    const table = (await readdir(join(cwd, 'listed'))).find((name) => name.endsWith('.csv'))!;
    for (const [data, examples] of [
      ['photos.zip', 12],
      [join('listed', table), 9],
    ] as const) {
      const found = await cli('extract', data, ...lenet, '--out', `from-${examples}`, '--json');
      expect(found.err).toBe('');
      expect(JSON.parse(found.out)).toMatchObject({ examples, classNames: classes });
    }
  });

  it('refuses wrong taps, other weights and missing data, and writes nothing', async () => {
    const tap = await cli('extract', 'photos', ...lenet, '--taps', 'preLogit', '--out', 'no');
    expect(tap).toMatchObject({ code: 2, out: '' });
    expect(tap.err).toContain("Did you mean 'preLogits'?");
    const other = await cli('extract', 'photos', '--model', 'vgg11', '--weights', 'FASHION_MNIST', '--out', 'f');
    expect(other.code).toBe(1);
    expect(other.err).toContain('weights (stored:');
    expect(other.err).toContain('--overwrite');
    const data = await cli('extract', 'fashion-mnist-mimi', ...lenet, '--out', 'no');
    expect(data.code).toBe(2);
    expect(data.err).toContain("Did you mean 'fashion-mnist-mini'?");
    expect((await cli('extract', 'photos', '--model', 'lenet5_relu')).code).toBe(2);
    expect(await readdir(cwd)).not.toContain('no');
  });

  it('names an image that cannot be read, and leaves it out where that is asked for', async () => {
    await generateShapesFolder(join(cwd, 'some'), { classes, perClass: 3, size: 32, seed: 2 });
    const [file] = await readdir(join(cwd, 'some/square'));
    await writeFile(join(cwd, 'some/square', file!), 'no image');
    const fatal = await cli('extract', 'some', ...lenet, '--out', 'partly');
    expect(fatal.code).toBe(1);
    expect(fatal.err).toContain(`square/${file}`);
    expect(fatal.err).toContain('Replace the file, or leave such files out with --skip-bad.');
    const tuned = await cli('finetune', 'some', ...lenet, '--epochs', '1', '--out', 'tuned');
    expect(tuned.err).toMatch(/Replace the file\.\n$/);
    const skipped = await cli('extract', 'some', ...lenet, '--out', 'partly', '--skip-bad', '--json');
    expect(JSON.parse(skipped.out).examples).toBe(8);
    expect(skipped.err.match(new RegExp(`Left out square/${file}`, 'g'))).toHaveLength(1);
  });
});

it('zoo extract serves no features of files that were replaced by others of their name and size', async () => {
  const paint = (file: string, value: number) =>
    writeFile(join(cwd, 'grey', file), Buffer.concat([Buffer.from('P5 100 100 255\n'), Buffer.alloc(10_000, value)]));
  for (const [i, name] of ['a', 'b'].entries()) {
    await mkdir(join(cwd, 'grey', name), { recursive: true });
    await paint(`${name}/1.pgm`, 100 * i);
    await paint(`${name}/2.pgm`, 200);
  }
  const extract = (...more: string[]) => cli('extract', 'grey', ...lenet, '--out', 'greys', '--json', ...more);
  expect(JSON.parse((await extract()).out)).toMatchObject({ examples: 4 });
  expect((await extract()).code).toBe(0);
  await paint('b/2.pgm', 30);
  const refused = await extract();
  expect(refused.code).toBe(1);
  expect(refused.err).toMatch(/data \(other labels, values or files in .*--overwrite/);
  expect((await extract('--overwrite', '--hash-files', 'whole')).code).toBe(0);
  expect((await extract('--hash-files', 'some')).code).toBe(2);
}, 60_000);

describe('zoo head', () => {
  it.each([
    ['linear', ['--epochs', '2', '--drop-rate', '0.1']],
    ['mlp', ['--hidden', '16,8', '--epochs', '2']],
    ['logistic', []],
    ['knn', ['--k', '3', '--metric', 'euclidean']],
  ])('trains a %s head into a net of its own', async (type, options) => {
    const argv = ['head', 'f', '--type', type, ...options, '--test', 'f-test', '--out', `h-${type}`, '--json'];
    const { code, out, err } = await cli(...argv);
    expect(err).toBe('');
    expect(code).toBe(0);
    const { test, weights } = JSON.parse(out);
    const images = join('photos/test', 'circle');
    const [file] = await readdir(join(cwd, images));
    expect((await cli('predict', join(images, file!), '--weights', weights)).code).toBe(0);
    const voted = await cli('ensemble', `h-${type}`, '--data', 'photos', '--json');
    expect(JSON.parse(voted.out).members[0].accuracy).toBe(test.accuracy);
    if (type === 'logistic') expect(test.accuracy).toBeGreaterThan(0.5);
  });

  it('repeats with a seed', async () => {
    const once = async (seed: string): Promise<unknown> => {
      const { out } = await cli(
        'head',
        'f',
        '--type',
        'linear',
        '--epochs',
        '1',
        '--seed',
        seed,
        '--out',
        'r',
        '--json',
      );
      return JSON.parse(out).train.loss;
    };
    const first = await once('5');
    expect(await once('5')).toBe(first);
    expect(await once('6')).not.toBe(first);
  });

  it('refuses features of another net, options of another head, and a folder without features', async () => {
    const argv = ['--model', 'vgg11', '--weights', 'FASHION_MNIST'];
    await cli('extract', 'photos', ...argv, '--out', 'g');
    const other = await cli('head', 'f', '--test', 'g');
    expect(other.code).toBe(1);
    expect(other.err).toContain('extract both with one net');
    const option = await cli('head', 'f', '--type', 'knn', '--hidden', '8');
    expect(option).toMatchObject({ code: 2, err: 'zoo: Option --hidden does not go with --type knn.\n' });
    expect((await cli('head', 'photos')).err).toContain('There are no stored features');
    await cp(join(cwd, 'f'), join(cwd, 'cut'), { recursive: true });
    await truncate(join(cwd, 'cut/shard-00000.safetensors'), 500);
    expect((await cli('head', 'cut')).err).toContain('extract them anew by zoo extract --overwrite');
    const both = await cli('ensemble', 'f', 'g', '--epochs', '20', '--lr', '0.01', '--out', 'e', '--json');
    expect(both.err).toBe('');
    expect(JSON.parse(both.out).validation.accuracy).toBeGreaterThan(0.3);
    expect((await cli('ensemble', 'f', 'photos')).code).toBe(2);
    expect((await cli('ensemble', 'f', 'f-test')).err).toContain('not features of the same examples');
  });
});

it('zoo finetune trains a net for other classes, thawing it stage by stage', async () => {
  const options = [
    '--epochs',
    '3',
    '--lr',
    '1e-3',
    '--batch-size',
    '8',
    '--layer-decay',
    '0.7',
    '--unfreeze-every',
    '1',
    // Trained twice below, with equal losses to the last bit.
    '--deterministic',
  ];
  const argv = ['finetune', 'photos', ...lenet, ...options, '--test', 'photos', '--out', 'tuned'];
  const { code, out, err } = await cli(...argv, '--json');
  expect(err).toBe('');
  expect(code).toBe(0);
  const { epochs, test } = JSON.parse(out);
  expect(epochs[2].trainLoss).toBeLessThan(epochs[0].trainLoss);
  expect(test.examples).toBe(24);
  const again = await cli(...argv, '--json');
  expect(JSON.parse(again.out).epochs[2].trainLoss).toBe(epochs[2].trainLoss);
  const evaluated = await cli('ensemble', 'tuned', '--data', 'photos', '--json');
  expect(JSON.parse(evaluated.out).members[0].accuracy).toBe(test.accuracy);
  expect((await cli('finetune', 'photos', '--model', 'mlp', '--weights', 'x.safetensors')).code).toBe(1);
});

it.each([
  ['finetune', 'photos', ...lenet],
  ['head', 'f'],
  ['ensemble', 'f', 'f'],
])('zoo %s keeps out of a folder that another command writes into', async (...argv) => {
  await withFolderLock(join(cwd, 'held'), async () => {
    const refused = await cli(...argv, '--out', 'held');
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toContain(`The folder held is in use by process ${process.pid}`);
    expect(await readdir(join(cwd, 'held'))).toEqual(['zoo.lock']);
  });
  expect(await readdir(cwd)).not.toContain('held');
});

it('zoo train and zoo evaluate take image folders too', async () => {
  const trained = await cli('train', 'lenet5_relu', '--data', 'photos', '--epochs', '1', '--out', 'plain', '--json');
  expect(trained.err).toBe('');
  const { test } = JSON.parse(trained.out);
  const evaluated = await cli('evaluate', 'plain/model.safetensors', '--data', 'photos', '--json');
  expect(JSON.parse(evaluated.out)).toMatchObject({ accuracy: test.accuracy, examples: 24 });
  const fused = await cli('evaluate', 'h-knn/model.safetensors', '--data', 'photos', '--json');
  expect(JSON.parse(fused.out).perClass.map(({ name }: { name: string }) => name)).toEqual(classes);
});

it('zoo evaluate takes the labels of a folder without some class by their names', async () => {
  await cp(join(cwd, 'photos/test'), join(cwd, 'fewer/test'), { recursive: true });
  await rm(join(cwd, 'fewer/test/circle'), { recursive: true });
  const perClass = async (data: string) => {
    const { out, err } = await cli('evaluate', 'plain/model.safetensors', '--data', data, '--json');
    expect(err).toBe('');
    return JSON.parse(out).perClass as { name: string; count: number; accuracy: number | null }[];
  };
  const [, ...others] = await perClass('photos');
  expect(await perClass('fewer')).toEqual([{ name: 'circle', count: 0, accuracy: null }, ...others]);
});

describe('image files with and without splits', () => {
  const train = (data: string, out: string) =>
    cli('train', 'lenet5_relu', '--data', data, '--epochs', '1', '--out', out, '--json');

  it("finds splits under Kaggle's names, and tells what was left out once", async () => {
    await cp(join(cwd, 'photos/train'), join(cwd, 'kaggle/Training'), { recursive: true });
    await cp(join(cwd, 'photos/test'), join(cwd, 'kaggle/Testing'), { recursive: true });
    await writeFile(join(cwd, 'kaggle/Training/circle/notes.txt'), 'x');
    const { code, err, out } = await train('kaggle', 'run-kaggle');
    expect(code).toBe(0);
    expect(err.match(/1 left out \(no image: circle\/notes\.txt\)/g)).toHaveLength(1);
    expect(JSON.parse(out).test.examples).toBe(24);
    await rm(join(cwd, 'kaggle/Testing'), { recursive: true });
    const none = await cli('evaluate', 'run-kaggle/model.safetensors', '--data', 'kaggle');
    expect(none).toMatchObject({ code: 1, out: '' });
    expect(none.err).toContain("nothing for the split 'test', only Training");
  });

  it('holds a part out of a training, and refuses a split that is not there', async () => {
    await generateShapesFolder(join(cwd, 'classes'), { classes, perClass: 10, size: 28, seed: 1 });
    const trained = await train('classes', 'run-classes');
    expect(trained.err.match(/a fifth of each class/g)).toHaveLength(1);
    expect(JSON.parse(trained.out).test.examples).toBe(6);
    const evaluate = (...more: string[]) =>
      cli('evaluate', 'run-classes/model.safetensors', '--data', 'classes', '--json', ...more);
    const all = await evaluate();
    expect(JSON.parse(all.out).examples).toBe(30);
    expect(all.err).toContain('classes has no splits: all of its images are taken.');
    const refused = await evaluate('--split', 'test');
    expect(refused.code).toBe(1);
    expect(refused.err).toContain("classes has no splits, so no 'test'");
    expect((await cli('extract', 'classes', ...lenet, '--split', 'train', '--out', 'no')).err).toContain('no splits');
    await generateShapesCsv(join(cwd, 'table'), { classes, perClass: 5, size: 28, seed: 1 });
    expect(JSON.parse((await train('table/labels.csv', 'run-table')).out).test.examples).toBe(3);
  });
});

describe('zoo explain', () => {
  it('writes the image, Grad-CAM and saliency side by side', async () => {
    const [file] = await readdir(join(cwd, 'photos/test/circle'));
    const image = join('photos/test/circle', file!);
    const named = await cli('explain', image, ...lenet, '--class', 'bag', '--out', 'heat.png', '--json');
    expect(named.err).toBe('');
    expect(JSON.parse(named.out).explained).toMatchObject({ label: 8, name: 'Bag' });
    const { width = 0, height = 1, format } = await sharp(join(cwd, 'heat.png')).metadata();
    expect(format).toBe('png');
    expect(width / height).toBeCloseTo(86 / 28, 5);
    await cli('explain', image, ...lenet, '--class', '1', '--out', 'other.png');
    expect(Buffer.compare(await readFile(join(cwd, 'heat.png')), await readFile(join(cwd, 'other.png')))).not.toBe(0);
    const wrong = await cli('explain', image, ...lenet, '--class', 'bagg');
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain("Did you mean 'Bag'?");
    expect((await cli('explain', image, ...lenet, '--layer', 'featurs.0')).err).toContain("Did you mean 'features.0'?");
  });
});
