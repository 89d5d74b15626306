import { copyFile, mkdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSafetensors, saveSafetensors } from '@zoo/weights/node';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder, zoo } from './test-io.ts';
import { writeTinyImages } from './tiny-images.ts';

const cwd = await temporaryFolder();
const weights = 'good/model.safetensors';
const train = (model: string, ...options: string[]) => zoo(['train', model, '--batch-size', '16', ...options], { cwd });

beforeAll(async () => {
  await writeTinyImages(join(cwd, 'tiny'));
  const { code, err } = await train('lenet5_relu', '--data', 'tiny', '--epochs', '1', '--out', 'good');
  expect({ code, err }).toEqual({ code: 0, err: '' });
});

describe('names', () => {
  it('suggests the nearest model, dataset and backend', async () => {
    const model = await train('lenet5_rleu', '--data', 'tiny');
    expect(model.code).toBe(2);
    expect(model.err).toContain("Did you mean 'lenet5_relu'?");
    const dataset = await train('lenet5', '--data', 'fashion-mnist-mimi');
    expect(dataset.code).toBe(2);
    expect(dataset.err).toContain("Did you mean 'fashion-mnist-mini'?");
    const backend = await train('lenet5', '--data', 'tiny', '--backend', 'wams');
    expect(backend.code).toBe(2);
    expect(backend.err).toContain("Did you mean 'wasm'?");
  });

  it('says why a backend cannot be used', async () => {
    if (process.env['ZOO_BACKEND'] === 'cuda') return expect(process.env['ZOO_BACKEND']).toBe('cuda');
    const { code, err } = await train('lenet5', '--data', 'tiny', '--backend', 'cuda');
    expect(code).toBe(1);
    expect(err).toMatch(/Backend 'cuda' cannot be used:\n {2}cuda: \S/);
  });
});

describe('data', () => {
  async function damaged(name: string, damage: (folder: string) => Promise<void>): Promise<string> {
    await writeTinyImages(join(cwd, name));
    await damage(join(cwd, name));
    return name;
  }

  it('names a file that is cut short', async () => {
    const data = await damaged('cut', (folder) => truncate(join(folder, 'train-images-idx3-ubyte'), 10_000));
    const { code, err } = await train('lenet5', '--data', data, '--out', 'none');
    expect(code).toBe(1);
    expect(err).toContain(join(cwd, 'cut/train-images-idx3-ubyte'));
    expect(err).toContain('cut short');
  });

  it('names a foreign file', async () => {
    const data = await damaged('foreign', (folder) =>
      writeFile(join(folder, 't10k-labels-idx1-ubyte'), 'hello, world'),
    );
    const { code, err } = await train('lenet5', '--data', data, '--out', 'none');
    expect(code).toBe(1);
    expect(err).toContain('t10k-labels-idx1-ubyte: not an IDX file');
  });

  it('names the files that a folder lacks, and a folder that is not there', async () => {
    await mkdir(join(cwd, 'empty'), { recursive: true });
    await writeTinyImages(join(cwd, 'half'));
    await rm(join(cwd, 'half/train-images-idx3-ubyte'));
    expect((await train('lenet5', '--data', 'half')).err).toContain('train-images-idx3-ubyte');
    expect((await train('lenet5', '--data', 'empty')).err).toContain(join(cwd, 'empty'));
    expect((await train('lenet5', '--data', './nowhere')).err).toContain(`There is no folder ${join(cwd, 'nowhere')}`);
  });

  it('names the layer when a model does not fit the images', async () => {
    const { code, err } = await train('linear_regression', '--data', 'tiny');
    expect(code).toBe(1);
    expect(err).toContain("Layer 'linear' (Linear)");
    expect(err).toContain('images of tiny are [28, 28, 1]');
  });

  it('refuses labels that the net has no class for', async () => {
    const { code, err } = await zoo(['evaluate', weights, '--data', 'fashion-mnist-mini'], { cwd });
    expect(code).toBe(1);
    expect(err).toContain('the net has 4 classes');
  });
});

describe('a loss that is no number', () => {
  it('says at which step, and that no checkpoint was written yet', async () => {
    const { code, err } = await train(
      'lenet5_relu',
      '--data',
      'tiny',
      '--optimizer',
      'sgd',
      '--lr',
      '1e30',
      '--out',
      'nan',
    );
    expect(code).toBe(1);
    expect(err).toMatch(/step \d+/);
    expect(err).toContain('No checkpoint had been written');
    await expect(stat(join(cwd, 'nan/checkpoint.safetensors'))).rejects.toThrow('ENOENT');
  });

  it('keeps the last good checkpoint', async () => {
    const options = ['--data', 'tiny', '--optimizer', 'sgd', '--schedule', 'constant', '--out', 'explodes'];
    expect((await train('lenet5_relu', ...options, '--epochs', '1')).code).toBe(0);
    const path = join(cwd, 'explodes/checkpoint.safetensors');
    // The weights are fine, but the learning rate of the next step is not.
    const { tensors, metadata } = await readSafetensors(path);
    const state = metadata['zoo.checkpoint']!.replaceAll(/"lr":[\d.e-]+/g, '"lr":1e30');
    await saveSafetensors(path, tensors, { ...metadata, 'zoo.checkpoint': state });
    const kept = await readFile(path);
    const { code, err } = await train(
      'lenet5_relu',
      '--data',
      'tiny',
      '--epochs',
      '2',
      '--out',
      'explodes',
      '--resume',
    );
    expect(code).toBe(1);
    expect(err).toMatch(/step \d+/);
    expect(err).toContain('The last good checkpoint is explodes/checkpoint.safetensors');
    expect((await readFile(path)).equals(kept)).toBe(true);
  });
});

describe('weight files', () => {
  it('says that a file is missing, cut short or no weight file', async () => {
    expect((await zoo(['evaluate', 'no.safetensors', '--data', 'tiny'], { cwd })).err).toContain('No such file');
    await copyFile(join(cwd, weights), join(cwd, 'cut.safetensors'));
    await truncate(join(cwd, 'cut.safetensors'), 100_000);
    const cut = await zoo(['evaluate', 'cut.safetensors', '--data', 'tiny'], { cwd });
    expect(cut.code).toBe(1);
    expect(cut.err).toContain(join(cwd, 'cut.safetensors'));
    await writeFile(join(cwd, 'text.safetensors'), 'this is not a weight file, whatever its name says');
    const text = await zoo(['predict', 'text.safetensors', 'x.png', '--json'], { cwd });
    expect(text.code).toBe(1);
    expect(JSON.parse(text.out).error.code).toBe('CORRUPT_FILE');
  });

  it('asks for the model where a file names none, and names the keys that do not fit', async () => {
    const { tensors } = await readSafetensors(join(cwd, weights));
    await saveSafetensors(join(cwd, 'plain.safetensors'), tensors);
    const unnamed = await zoo(['evaluate', 'plain.safetensors', '--data', 'tiny'], { cwd });
    expect(unnamed.err).toContain("name it by --model. Its tensors look like 'lenet5'");
    const wrong = await zoo(['evaluate', 'plain.safetensors', '--data', 'tiny', '--model', 'mlp'], { cwd });
    expect(wrong.code).toBe(1);
    expect(wrong.err).toContain('plain.safetensors does not fit MLP');
    expect(wrong.err).toContain("look like 'lenet5'");
    expect(wrong.err).toContain('features.0.weight');
    const right = ['evaluate', 'plain.safetensors', '--data', 'tiny', '--model', 'lenet5_relu', '--num-classes', '4'];
    expect((await zoo(right, { cwd })).code).toBe(0);
  });

  it('refuses to resume from weights, from nothing, and with other settings', async () => {
    const resume = (...options: string[]) => train('lenet5_relu', '--data', 'tiny', '--out', 'good', ...options);
    expect((await resume('--resume', weights)).err).toContain("is no checkpoint of 'zoo train'");
    expect((await resume('--resume', 'nothing.safetensors')).err).toContain('There is no checkpoint to resume from');
    const other = await resume('--resume', '--lr', '0.5', '--epochs', '2');
    expect(other.code).toBe(1);
    expect(other.err).toContain('lr 0.5 (was 0.002)');
  });

  it('names the setting of a checkpoint that is damaged', async () => {
    const { tensors, metadata } = await readSafetensors(join(cwd, 'good/checkpoint.safetensors'));
    const settings = JSON.parse(metadata['zoo.train']!);
    const file = 'good/damaged.safetensors';
    for (const [change, words] of [
      [{ data: undefined }, 'data is missing'],
      [{ lr: '0.1' }, 'lr is "0.1", not a number'],
      [{ batchSize: 0 }, 'batchSize is 0, not a whole number >= 1'],
      [{ optimizer: 'constructor' }, 'optimizer is "constructor", not "sgd" or'],
    ] as const) {
      const changed = { ...metadata, 'zoo.train': JSON.stringify({ ...settings, ...change }) };
      await saveSafetensors(join(cwd, file), tensors, changed);
      const { code, err } = await train('lenet5_relu', '--data', 'tiny', '--resume', file);
      expect(code).toBe(1);
      expect(err).toContain(`damaged.safetensors: metadata 'zoo.train' is damaged: ${words}`);
    }
  });
});

describe('the output folder', () => {
  it('is refused before anything is trained when it cannot be one', async () => {
    await writeFile(join(cwd, 'file'), '');
    const { code, err, out } = await train('lenet5', '--data', 'tiny', '--out', 'file', '--verbose');
    expect(code).toBe(1);
    expect(err).toContain(`Could not create the folder ${join(cwd, 'file')}. A file of that name is in the way.`);
    expect(out).toBe('');
  });

  it('is the one that a checkpoint to resume from lies in', async () => {
    const argv = ['softmax_regression', '--data', 'tiny', '--schedule', 'constant'] as const;
    expect((await train(...argv, '--epochs', '1', '--out', 'elsewhere')).code).toBe(0);
    const resume = ['--epochs', '2', '--resume', 'elsewhere/checkpoint.safetensors', '--json'];
    const { code, out } = await train('softmax_regression', '--data', 'tiny', ...resume);
    expect(code).toBe(0);
    expect(JSON.parse(out).epochs).toHaveLength(2);
    expect(JSON.parse(out).files.report).toBe(join(cwd, 'elsewhere/report.html'));
  });
});

describe('images', () => {
  it('names a file that is missing or no image', async () => {
    expect((await zoo(['predict', weights, 'gone.png'], { cwd })).err).toContain(
      `There is no file '${join(cwd, 'gone.png')}'`,
    );
    await writeFile(join(cwd, 'text.png'), 'no image');
    const { code, err } = await zoo(['predict', weights, 'text.png'], { cwd });
    expect(code).toBe(1);
    expect(err).toContain(`'${join(cwd, 'text.png')}' is no image`);
  });
});
