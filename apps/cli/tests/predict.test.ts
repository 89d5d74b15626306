import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { densenet_d2l } from '@zoo/densenet';
import { readSafetensors, saveSafetensors } from '@zoo/weights/node';
import sharp from 'sharp';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { temporaryFolder, zoo } from './test-io.ts';
import { writePng, writeTinyImages } from './tiny-images.ts';

const cwd = await temporaryFolder();
const small = { blocks: [1, 1], growthRate: 4 };
const smallOptions = ['--option', 'blocks=[1,1]', '--option', 'growthRate=4'];
const imagenetOptions = ['--model', 'densenet_d2l', ...smallOptions, '--num-classes', '1000', '--in-channels', '3'];

beforeAll(async () => {
  await sharp({ create: { width: 50, height: 40, channels: 3, background: { r: 200, g: 90, b: 30 } } })
    .jpeg()
    .toFile(join(cwd, 'photo.jpg'));
  const net = densenet_d2l({ ...small, numClasses: 1000, inChannels: 3, seed: 1 });
  await saveSafetensors(join(cwd, 'imagenet.safetensors'), await net.stateDict(), { format: 'pt' });
  net.dispose();
});

describe('zoo predict', () => {
  it('names the five likeliest of ImageNet for a photo of any size, and says where the time went', async () => {
    const argv = ['predict', 'photo.jpg', '--weights', 'imagenet.safetensors', ...imagenetOptions];
    const { code, out, err } = await zoo([...argv, '--timing'], { cwd });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^photo\.jpg\n(.+ \d+\.\d %\n){5}first prediction after .+: import .+; a later run/);
    const { predictions, timing } = JSON.parse((await zoo([...argv, '--json'], { cwd })).out);
    expect(predictions[0].answers.map((a: { name: string }) => a.name)).toSatisfy((names: string[]) =>
      names.every((name) => /[a-z]{3}/.test(name)),
    );
    const { import: imports, backend, load, image, firstRun } = timing;
    expect(timing.firstPrediction).toBeCloseTo(imports + backend + load + image + firstRun, 6);
    expect(timing.run).toBeNull();
    expect((await zoo(argv, { cwd })).out).not.toContain('first prediction');
    expect((await zoo(argv, { cwd, outIsTerminal: true })).out).toContain('first prediction after');
  });

  it('takes shards', async () => {
    const { tensors } = await readSafetensors(join(cwd, 'imagenet.safetensors'));
    const names = ['w-00001-of-00002.safetensors', 'w-00002-of-00002.safetensors'];
    const keys = [...tensors.keys()];
    const half = Math.ceil(keys.length / 2);
    const weightMap = Object.fromEntries(keys.map((key, i) => [key, names[i < half ? 0 : 1]]));
    for (const name of names) {
      const part = keys.filter((key) => weightMap[key] === name);
      await saveSafetensors(join(cwd, name), new Map(part.map((key) => [key, tensors.get(key)!])));
    }
    await writeFile(join(cwd, 'w.safetensors.index.json'), JSON.stringify({ weight_map: weightMap }));
    const answers = async (weights: string) =>
      JSON.parse((await zoo(['predict', 'photo.jpg', '-w', weights, ...imagenetOptions, '--json'], { cwd })).out)
        .predictions;
    expect(await answers('w.safetensors.index.json')).toEqual(await answers('imagenet.safetensors'));
  });

  it('asks for weights, and for the model of named ones', async () => {
    const bare = await zoo(['predict', 'photo.jpg', '--model', 'resnet50'], { cwd });
    expect(bare.code).toBe(2);
    expect(bare.err).toContain('--weights W');
    const unnamed = await zoo(['predict', 'photo.jpg', '--weights', 'IMAGENET1K_V1'], { cwd });
    expect(unnamed.err).toContain('--model');
    const wrong = await zoo(['predict', 'photo.jpg', '--weights', 'IMAGENET1K_V9', '--model', 'resnet50'], { cwd });
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain("Did you mean 'IMAGENET1K_V1'?");
    const none = await zoo(['predict', 'photo.jpg', '--weights', 'IMAGENET1K_V1', '--model', 'nin'], { cwd });
    expect(none.err).toContain('nin has no published weights');
  });

  it('names the model that the weights look like', async () => {
    const net = densenet_d2l({ seed: 1 });
    await saveSafetensors(join(cwd, 'dense.safetensors'), await net.stateDict());
    net.dispose();
    const { code, err } = await zoo(['predict', 'photo.jpg', '-w', 'dense.safetensors', '--model', 'resnet18'], {
      cwd,
    });
    expect(code).toBe(1);
    expect(err).toContain(
      "dense.safetensors does not fit ResNet; nothing was loaded. Its tensors look like 'densenet_d2l'",
    );
  });

  it('refuses damaged files and pickles with code', async () => {
    await writeFile(join(cwd, 'cut.safetensors'), await readFile(join(cwd, 'imagenet.safetensors')));
    await truncate(join(cwd, 'cut.safetensors'), 10_000);
    const cut = await zoo(['predict', 'photo.jpg', '-w', 'cut.safetensors', ...imagenetOptions, '--json'], { cwd });
    expect(JSON.parse(cut.out).error.code).toBe('CORRUPT_FILE');
    // torch.save's legacy magic number and protocol, then a pickle that would run a shell command.
    const magic = Buffer.from('80028a0a6cfc9c46f9206aa850192e80024de9032e', 'hex');
    const machine = Buffer.from('80027d71002e', 'hex');
    const code = Buffer.from('\x80\x02cposix\nsystem\nX\x04\x00\x00\x00exit\x85R.', 'latin1');
    await writeFile(join(cwd, 'evil.pth'), Buffer.concat([magic, machine, code]));
    const evil = await zoo(['predict', 'photo.jpg', '-w', 'evil.pth', '--model', 'resnet18'], { cwd });
    expect(evil.code).toBe(1);
    expect(evil.err).toContain('evil.pth');
    expect(evil.err).toContain('posix.system');
  });

  describe('without a network', () => {
    afterEach(() => vi.unstubAllEnvs());

    it('says what is not in the cache', async () => {
      vi.stubEnv('ZOO_OFFLINE', '1');
      vi.stubEnv('XDG_CACHE_HOME', join(cwd, 'cache'));
      vi.stubEnv('HF_HOME', join(cwd, 'cache'));
      for (const weights of ['IMAGENET1K_V1', 'hf:timm/resnet18.a1_in1k']) {
        const { code, err } = await zoo(['predict', 'photo.jpg', '-w', weights, '--model', 'resnet18'], { cwd });
        expect(code).toBe(1);
        expect(err).toMatch(/offline|cache/i);
      }
    });
  });
});

describe("a model's own options and another image size", () => {
  const weights = 'runs/densenet_d2l-tiny/model.safetensors';
  const train = ['train', 'densenet_d2l', '--data', 'tiny', '--epochs', '1', '--batch-size', '16', '--resize', '32'];

  beforeAll(async () => {
    await writeTinyImages(join(cwd, 'tiny'));
    const { code, err, out } = await zoo([...train, ...smallOptions, '--images', '48', '--verbose'], { cwd });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('48 + 32 images');
    expect(out).toContain('images resized from 28 x 28 to 32 x 32');
  });

  it('are written beside the weights', async () => {
    const { metadata } = await readSafetensors(join(cwd, weights));
    expect(JSON.parse(metadata['zoo.options']!)).toEqual({ numClasses: 4, inChannels: 1, ...small });
    expect(JSON.parse(metadata['zoo.input']!)).toMatchObject({ size: [32, 32], channels: 1 });
  });

  it('are used by evaluate and predict', async () => {
    const evaluated = await zoo(['evaluate', weights, '--data', 'tiny', '--images', '8', '--json'], { cwd });
    expect(JSON.parse(evaluated.out)).toMatchObject({ examples: 8, options: small });
    await writePng(join(cwd, 'a.png'), { label: 0, seed: 1 });
    const { code, out } = await zoo(['predict', weights, 'a.png', 'photo.jpg'], { cwd });
    expect(code).toBe(0);
    expect(out).toMatch(/^photo\.jpg +[0-3] \d+\.\d %/m);
  });

  it('stay the same when a training goes on', async () => {
    const more = await zoo([...train.slice(0, 4), '--epochs', '2', '--resume', '--json'], { cwd });
    expect(more.err).toBe('');
    expect(JSON.parse(more.out).settings).toMatchObject({ options: small, resize: 32, images: 48, epochs: 2 });
    const other = ['--resume', '--option', 'growthRate=8'];
    const refused = await zoo([...train.slice(0, 4), ...other], { cwd });
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('options {"growthRate":8} (was {"blocks":[1,1],"growthRate":4})');
  });

  it.each([
    ['growthRate', 'takes key=JSON'],
    ['growthRate=', "'' is not JSON"],
    ['head=max', 'Text needs quotes: --option \'head="max"\''],
    ['numClasses=3', 'use --num-classes'],
  ])('refuses --option %s', async (option, message) => {
    const { code, err } = await zoo(['summary', 'densenet_d2l', '--option', option], { cwd });
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  it('refuses options that the model does not have or cannot use', async () => {
    const unknown = await zoo(['summary', 'alexnet', '--option', 'hiddenFeature=8'], { cwd });
    expect(unknown.code).toBe(1);
    expect(unknown.err).toContain("alexnet has no option 'hiddenFeature'. Did you mean 'hiddenFeatures'?");
    const misspelt = await zoo(['summary', 'densenet_d2l', '--option', 'growthrate=8'], { cwd });
    expect(misspelt.err).toContain("densenet_d2l has no option 'growthrate'. Did you mean 'growthRate'?");
    const wrong = await zoo(['summary', 'densenet_d2l', '--option', 'blocks=4'], { cwd });
    expect(wrong.code).toBe(1);
    expect(wrong.err).toContain('densenet_d2l cannot be built with {"blocks":4}');
  });

  it('names the layer for which images are too small', async () => {
    const { code, err } = await zoo(['train', 'alexnet_d2l', '--data', 'tiny', '--resize', '28'], { cwd });
    expect(code).toBe(1);
    expect(err).toMatch(/images of tiny are \[28, 28, 1\].*Layer '/s);
  });
});

describe('zoo summary', () => {
  it("prints the notes' blocks", async () => {
    const { out } = await zoo(['summary', 'googlenet_d2l', '--stages', '--layout', 'nchw'], { cwd });
    expect(out).toMatch(/^b1 +Sequential +\[1, 64, 24, 24\]/m);
    expect(out).toMatch(/^b5 +Sequential +\[1, 1024\]/m);
    expect(out).not.toContain('b1.0');
    const deeper = await zoo(['summary', 'densenet_d2l', '--depth', '2', '--json'], { cwd });
    const names = JSON.parse(deeper.out).rows.map((row: { name: string }) => row.name);
    expect(names.slice(0, 5)).toEqual(['stem.0', 'stem.1', 'stem.2', 'stem.3', 'body.0']);
    expect((await zoo(['summary', 'nin', '--stages', '--depth', '1'], { cwd })).code).toBe(2);
  });
});

it('lists models of all families', async () => {
  const { models } = JSON.parse((await zoo(['list', '--json'], { cwd })).out);
  const plugins = new Set(models.map((model: { plugin: string }) => model.plugin));
  for (const family of ['alexnet', 'vgg', 'nin', 'inception', 'resnet', 'densenet'])
    expect(plugins).toContain(`@zoo/${family}`);
  expect(models).toContainEqual({ name: 'resnet50', plugin: '@zoo/resnet', parameters: 25_557_032 });
});
