import { createRng, imagenetInput, manualSeed, plainInput } from '@zoo/core';
import * as t from '@zoo/transforms';
import { imagenetClasses } from '@zoo/transforms/imagenet';
import { describe, expect, test } from 'vitest';
import { noise, positions } from './images.ts';

const image = noise(50, 40);
const module = new URL('./fixtures/add-constant.js', import.meta.url);

const all: t.Transform[] = [
  new t.Resize([20, 30], { interpolation: 'lanczos' }),
  new t.Resize(30, { maxSize: 35 }),
  new t.CenterCrop(30),
  new t.RandomCrop([30, 20], { padding: [1, 2, 3, 4], fill: [1, 2, 3], mode: 'reflect' }),
  new t.RandomResizedCrop(24, { scale: [0.1, 0.9], interpolation: 'bicubic' }),
  new t.RandomHorizontalFlip({ p: 0.3 }),
  new t.RandomVerticalFlip(),
  new t.Pad([1, 2], { fill: 4 }),
  new t.ColorJitter({ brightness: 0.3, hue: [-0.1, 0.2] }),
  new t.Grayscale({ channels: 3 }),
  new t.RandomGrayscale({ p: 0.4 }),
  new t.RandomRotation(25, { interpolation: 'bilinear', center: [3, 4], fill: 9 }),
  new t.RandomAffine([-10, 20], { translate: [0.1, 0.2], scale: [0.8, 1.2], shear: [-5, 5, -2, 2] }),
  new t.RandomErasing({ p: 0.9, value: 'random' }),
  new t.RandAugment({ numOps: 3, magnitude: 14 }),
  new t.TrivialAugmentWide({ interpolation: 'bilinear' }),
  new t.RandomApply([new t.RandomRotation(10), new t.ToTensor()], { p: 0.6 }),
  new t.RandomChoice([new t.Grayscale(), new t.Pad(3), new t.CenterCrop(8)], { p: [1, 0, 2] }),
  new t.Compose([new t.Resize(32), new t.ToTensor(), new t.Normalize([0.1, 0.2, 0.3], [0.4, 0.5, 0.6])]),
];

describe('a description makes the same transform again', () => {
  test.each(all.map((transform) => [String(transform), transform] as const))('%s', async (_, transform) => {
    const description = transform.describe();
    const again = await t.fromDescription(JSON.parse(JSON.stringify(description)));
    expect(again.describe()).toEqual(description);
    for (let seed = 0; seed < 5; seed++) {
      expect(again.apply(image, createRng(seed))).toEqual(transform.apply(image, createRng(seed)));
    }
  });

  test('every exported transform is tried above', () => {
    const tried = JSON.stringify(all.map((transform) => transform.describe()));
    const classes = Object.entries(t).filter(
      ([, value]) => typeof value === 'function' && 'apply' in (value.prototype ?? {}),
    );
    const names = classes.map(([name]) => name).filter((name) => name !== 'MixUp' && name !== 'CutMix');
    expect(names.length).toBe(20);
    for (const name of names) expect(tried).toContain(`"${name}"`);
  });

  test.each([
    [{ transform: 'Rezise', options: { size: 3 } }, /Unknown transform 'Rezise'.*Did you mean 'Resize'/],
    [{ transform: 'Resize', options: {} }, /a size is a number/],
    [{ transform: '__proto__', options: {} }, /Unknown transform/],
    [{ transform: 'Compose', options: {} }, /list 'transforms'/],
    [null, /\{ transform: NAME/],
    [{ transform: 'Normalize', options: { mean: 'a', std: 'b' } }, /means as deviations/],
  ])('a wrong one is refused: %j', async (description, message) => {
    await expect(t.fromDescription(description as never)).rejects.toThrow(message);
  });
});

describe('random numbers', () => {
  const pipeline = new t.Compose(all.slice(3, 13));

  test('come from the stream that is given', () => {
    expect(pipeline.apply(image, createRng(5))).toEqual(pipeline.apply(image, createRng(5)));
    expect(pipeline.apply(image, createRng(5))).not.toEqual(pipeline.apply(image, createRng(6)));
  });

  test('come from manualSeed otherwise', () => {
    manualSeed(3);
    const first = pipeline.apply(image);
    manualSeed(3);
    expect(pipeline.apply(image)).toEqual(first);
  });

  test('can be drawn ahead: the steps are plain data and give the same image', () => {
    const steps = t.drawOperations(pipeline, image, createRng(8));
    expect(t.runOperations(image, JSON.parse(JSON.stringify(steps)))).toEqual(pipeline.apply(image, createRng(8)));
  });

  test('RandomChoice follows its weights, RandomApply its probability', () => {
    const choice = new t.RandomChoice([new t.Pad(1), new t.Pad(2), new t.Pad(3)], { p: [1, 0, 3] });
    const apply = new t.RandomApply([new t.Pad(1), new t.Pad(1)], { p: 0.2 });
    const widths = (transform: t.Transform): Record<number, number> => {
      const counts: Record<number, number> = {};
      for (let seed = 0; seed < 1000; seed++) {
        const { width } = transform.apply(image, createRng(seed));
        counts[width] = (counts[width] ?? 0) + 1;
      }
      return counts;
    };
    const chosen = widths(choice);
    expect(Object.keys(chosen)).toEqual(['52', '56']);
    expect(Math.abs(chosen[56]! - 750)).toBeLessThan(60);
    expect(Math.abs(widths(apply)[54]! - 200)).toBeLessThan(60);
  });
});

describe('an image with a mask', () => {
  const pair = { image: positions(40, 30), mask: { width: 40, height: 30, channels: 1, data: new Uint8Array(1200) } };
  for (let i = 0; i < 1200; i++) pair.mask.data[i] = i % 40; // the mask tells its column, as the image does

  test('moves alike, and colour leaves the mask alone', () => {
    const pipeline = new t.Compose([
      new t.RandomResizedCrop(24, { interpolation: 'nearest' }),
      new t.RandomHorizontalFlip(),
      new t.RandomAffine(40, { translate: [0.2, 0.2], fill: 255 }),
      new t.RandomCrop(30, { padding: 5, fill: 255 }),
    ]);
    const coloured = new t.Compose([
      pipeline,
      new t.ColorJitter({ brightness: 0.5 }),
      new t.RandomErasing(),
      new t.ToTensor(),
    ]);
    for (let seed = 0; seed < 50; seed++) {
      const { image, mask } = t.applyJoint(pipeline, pair, { rng: createRng(seed) });
      expect([...mask.data]).toEqual([...image.data].filter((_, i) => i % 3 === 0));
      expect(t.applyJoint(coloured, pair, { rng: createRng(seed) }).mask).toEqual(mask);
    }
  });

  test('a mask is never interpolated', () => {
    const twoClasses = { ...pair.mask, data: pair.mask.data.map((v) => (v < 20 ? 3 : 9)) };
    const transform = new t.Compose([new t.Resize(17), new t.RandomRotation(30, { interpolation: 'bilinear' })]);
    const { mask } = t.applyJoint(transform, { ...pair, mask: twoClasses }, { rng: createRng(1) });
    expect([...new Set(mask.data)].sort((a, b) => a - b)).toEqual([3, 9, 255]);
  });

  test('lists take transforms alone, sizes numbers alone', () => {
    expect(() => new t.Compose(new t.ToTensor() as never)).toThrow(/Compose takes a list of transforms/);
    expect(() => new t.Compose([new t.ToTensor(), 'flip' as never])).toThrow(/Compose: entry 1 is no transform/);
    expect(() => new t.RandomApply([t.ToTensor as never])).toThrow(/RandomApply: entry 0 is no transform/);
    expect(() => new t.RandomChoice([{} as never])).toThrow(/RandomChoice: entry 0/);
    expect(() => new t.Resize('256' as never)).toThrow(/a size is a number or \[height, width\], got "256"/);
  });

  test('a mask of another size is refused', () => {
    expect(() => t.applyJoint(new t.Resize(3), { ...pair, mask: noise(3, 3, 1) })).toThrow(/40 x 30.*3 x 3/);
  });
});

describe('custom transforms', () => {
  test('run within a pipeline and are rebuilt from their module', async () => {
    const custom = await t.customTransform(module, { export: 'addConstant', options: { amount: 5, spread: 4 } });
    const pipeline = new t.Compose([new t.Resize(8), custom, new t.CenterCrop(4)]);
    const description = JSON.parse(JSON.stringify(pipeline.describe()));
    expect(description.options.transforms[1].options.module).toBe(module.href);
    const again = await t.fromDescription(description, { importModules: true });
    const result = pipeline.apply(image, createRng(2));
    expect(again.apply(image, createRng(2))).toEqual(result);
    const plain = new t.Compose([new t.Resize(8), new t.CenterCrop(4)]).apply(image);
    const added = (result.data[0]! - plain.data[0]! + 256) % 256;
    expect(added).toBeGreaterThanOrEqual(5);
    expect(added).toBeLessThan(9);
  });

  test('no module is imported without leave', async () => {
    const description = { transform: 'custom', options: { module: module.href, export: 'addConstant' } };
    await expect(t.fromDescription(description)).rejects.toThrow(/importModules: true/);
  });

  test('move masks where they say how', async () => {
    const pair = { image: noise(4, 4), mask: noise(4, 4, 1) };
    const both = await t.customTransform(module, { export: 'moveBoth' });
    const { mask } = t.applyJoint(both, pair);
    expect([...mask.data]).toEqual([...pair.mask.data].map((v) => (v + 2) % 256));
    const alone = await t.customTransform(module, { export: 'addConstant' });
    expect(() => t.applyJoint(alone, pair)).toThrow(/no applyJoint/);
  });

  test('cannot be told ahead, and must be there', async () => {
    const custom = await t.customTransform(module, { export: 'addConstant' });
    expect(() => t.drawOperations(custom, image)).toThrow(/told ahead/);
    await expect(t.customTransform(module, { export: 'none' })).rejects.toThrow(/exports no function 'none'/);
    await expect(t.customTransform('file:///none.js')).rejects.toThrow(/module file:\/\/\/none\.js cannot be imported/);
    await expect(t.customTransform(module, { export: 'notATransform' })).rejects.toThrow(/apply\(image, rng\)/);
  });
});

describe('presetFor', () => {
  test('is torchvision’s evaluation preset', () => {
    expect(t.presetFor(imagenetInput()).describe().options['transforms']).toEqual([
      { transform: 'Resize', options: { size: 256, interpolation: 'bilinear' } },
      { transform: 'CenterCrop', options: { size: [224, 224] } },
      { transform: 'ToTensor', options: {} },
      { transform: 'Normalize', options: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } },
    ]);
  });

  test('makes one channel where the net has one', () => {
    expect(t.presetFor(plainInput()).apply(image)).toMatchObject({ width: 28, height: 28, channels: 1 });
  });
});

test('the ImageNet names are those of the 1000 logits', () => {
  expect(imagenetClasses.length).toBe(1000);
  expect(imagenetClasses[0]).toBe('tench');
  expect(imagenetClasses[207]).toBe('golden retriever');
  expect(imagenetClasses[999]).toBe('toilet tissue');
});
