import { createRng } from '@zoo/core';
import {
  ColorJitter,
  drawOperations,
  Grayscale,
  isFloatImage,
  Normalize,
  RandAugment,
  RandomErasing,
  RandomGrayscale,
  Resize,
  runOperations,
  ToTensor,
  TrivialAugmentWide,
} from '@zoo/transforms';
import { describe, expect, test } from 'vitest';
import { noise } from './images.ts';

const image = noise(20, 15);
const shape = { width: 331, height: 331, channels: 3 };

describe('ColorJitter', () => {
  test('draws factors within the ranges, in every order', () => {
    const jitter = new ColorJitter({ brightness: 0.4, contrast: [0.5, 0.6], saturation: 2, hue: 0.1 });
    const orders = new Set<string>();
    for (let seed = 0; seed < 300; seed++) {
      const steps = drawOperations(jitter, shape, createRng(seed));
      orders.add(steps.map(({ op }) => op).join());
      for (const step of steps) {
        const factor = 'factor' in step ? step.factor : Number.NaN;
        const [low, high] = { brightness: [0.6, 1.4], contrast: [0.5, 0.6], saturation: [0, 3], hue: [-0.1, 0.1] }[
          step.op as 'hue'
        ] as [number, number];
        expect(factor).toBeGreaterThanOrEqual(low);
        expect(factor).toBeLessThanOrEqual(high);
      }
    }
    expect(orders.size).toBe(24);
  });

  test('without options does nothing', () => {
    expect(drawOperations(new ColorJitter(), shape)).toEqual([]);
    expect(drawOperations(new ColorJitter({ hue: 0 }), shape)).toEqual([]);
  });

  test('refuses a hue beyond half the circle', () => {
    expect(() => new ColorJitter({ hue: 0.6 })).toThrow(/hue.*-0\.5 \.\. 0\.5/);
  });
});

test('factor 1 and hue 0 leave the image as it is, but for the rounding of HSV', () => {
  for (const op of ['brightness', 'contrast', 'saturation', 'sharpness'] as const) {
    expect(runOperations(image, [{ op, factor: 1 }]).data).toEqual(image.data);
  }
  const gray = new Grayscale({ channels: 3 }).apply(image);
  expect(runOperations(gray, [{ op: 'hue', factor: 0.3 }]).data).toEqual(gray.data);
});

test('grayscale weighs as PIL: white stays white, pure colours have their luminance', () => {
  const colours = {
    width: 4,
    height: 1,
    channels: 3,
    data: Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255),
  };
  expect([...new Grayscale().apply(colours).data]).toEqual([255, 76, 150, 29]);
  expect(new RandomGrayscale({ p: 1 }).apply(colours).channels).toBe(3);
});

test('posterize, solarize, invert, autocontrast and equalize', () => {
  const row = { width: 4, height: 1, channels: 1, data: Uint8Array.of(50, 100, 150, 200) };
  expect([...runOperations(row, [{ op: 'posterize', bits: 2 }]).data]).toEqual([0, 64, 128, 192]);
  expect([...runOperations(row, [{ op: 'solarize', threshold: 128 }]).data]).toEqual([50, 100, 105, 55]);
  expect([...runOperations(row, [{ op: 'invert' }]).data]).toEqual([205, 155, 105, 55]);
  expect([...runOperations(row, [{ op: 'autocontrast' }]).data]).toEqual([0, 85, 170, 255]);
  expect([...runOperations(row, [{ op: 'equalize' }]).data]).toEqual([50, 100, 150, 200]); // too few pixels to spread
});

describe('RandAugment and TrivialAugment', () => {
  test('draw as many steps as told, at torchvision’s strength', () => {
    const seen = new Map<string, string>();
    for (let seed = 0; seed < 600; seed++) {
      for (const step of drawOperations(new RandAugment({ numOps: 1 }), shape, createRng(seed))) {
        const key = step.op === 'affine' ? (step.translate[0] !== 0 ? 'translateX' : 'other') : step.op;
        if (step.op === 'rotate') seen.set(key, Math.abs(step.angle).toFixed(3));
        else if (step.op === 'posterize') seen.set(key, String(step.bits));
        else if (step.op === 'solarize') seen.set(key, String(step.threshold));
        else if (step.op === 'affine') seen.set(key, String(Math.abs(step.translate[0])));
        else seen.set(key, '');
      }
    }
    // Magnitude 9 of 31 bins: 0.3 of the strongest.
    expect(Object.fromEntries(seen)).toMatchObject({
      rotate: '9.000',
      posterize: '7',
      solarize: '178.5',
      translateX: '45',
    });
    expect([...seen.keys()].sort()).toEqual(
      'affine autocontrast brightness contrast equalize posterize rotate saturation sharpness solarize translateX other'
        .split(' ')
        .filter((name) => name !== 'affine')
        .sort(),
    );
  });

  test('TrivialAugment uses the whole range', () => {
    const angles = Array.from({ length: 3000 }, (_, seed) =>
      drawOperations(new TrivialAugmentWide(), shape, createRng(seed)),
    )
      .flat()
      .flatMap((step) => (step.op === 'rotate' ? [step.angle] : []));
    expect(Math.max(...angles)).toBe(135);
    expect(Math.min(...angles)).toBe(-135);
  });

  test('refuse a magnitude beyond the bins', () => {
    expect(() => new RandAugment({ magnitude: 31 })).toThrow(/0 to 30/);
  });
});

describe('ToTensor, Normalize, RandomErasing', () => {
  test('give float32 in the order of the image', () => {
    const floats = new ToTensor().apply(image);
    expect(isFloatImage(floats)).toBe(true);
    expect([...floats.data]).toEqual([...image.data].map((v) => Math.fround(v / 255)));
  });

  test('Normalize after ToTensor equals Normalize of an image', () => {
    const normalize = new Normalize([0.5, 0.4, 0.3], [0.1, 0.2, 0.3]);
    expect(normalize.apply(new ToTensor().apply(image))).toEqual(normalize.apply(image));
  });

  test('Normalize for other channels is refused', () => {
    expect(() => new Normalize([0.5], [0.5]).apply(image)).toThrow(/1 means.*3 channels/);
    expect(() => new Normalize([0.5], [0])).toThrow(/deviation of 0/);
  });

  test('what needs bytes says so after ToTensor', () => {
    expect(() => new Resize(8).apply(new ToTensor().apply(image))).toThrow(/before ToTensor/);
  });

  test('erases one rectangle and nothing else', () => {
    const floats = new ToTensor().apply(image);
    const erasing = new RandomErasing({ p: 1, value: [2, 3, 4] });
    const [step] = drawOperations(erasing, floats, createRng(3));
    if (step?.op !== 'erase') throw new Error('nothing erased');
    const erased = erasing.apply(floats, createRng(3));
    for (let i = 0; i < floats.data.length; i++) {
      const x = Math.floor(i / 3) % 20;
      const y = Math.floor(i / 60);
      const inside = x >= step.left && x < step.left + step.width && y >= step.top && y < step.top + step.height;
      expect(erased.data[i]).toBe(inside ? 2 + (i % 3) : floats.data[i]);
    }
  });

  test('random erasing values are noise that the seed repeats', () => {
    const erasing = new RandomErasing({ p: 1, value: 'random' });
    const black = { width: 64, height: 64, channels: 1, data: new Float32Array(64 * 64) };
    const values = [...erasing.apply(black, createRng(1)).data].filter((v) => v !== 0);
    const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
    const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.3);
    expect(Math.abs(variance - 1)).toBeLessThan(0.4);
    expect(erasing.apply(black, createRng(1))).toEqual(erasing.apply(black, createRng(1)));
  });
});
