import { createRng } from '@zoo/core';
import {
  CenterCrop,
  Compose,
  drawOperations,
  type Image,
  type Interpolation,
  Pad,
  RandomAffine,
  RandomCrop,
  RandomHorizontalFlip,
  RandomResizedCrop,
  RandomRotation,
  RandomVerticalFlip,
  Resize,
  runOperations,
} from '@zoo/transforms';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { noise, origin, positions } from './images.ts';

const size = fc.integer({ min: 1, max: 40 });
const interpolation = fc.constantFrom<Interpolation>('nearest', 'bilinear', 'bicubic', 'lanczos');

test('a resize that is cropped gives what resizing, then cropping gives', () => {
  fc.assert(
    fc.property(size, size, size, size, interpolation, fc.integer(), (w, h, newW, newH, mode, seed) => {
      const rng = createRng(seed >>> 0);
      const channels = 1 + rng.int(4);
      const image = noise(w, h, channels, rng.int(1000));
      const width = 1 + rng.int(newW);
      const height = 1 + rng.int(newH);
      const window = { top: rng.int(newH - height + 1), left: rng.int(newW - width + 1), height, width };
      const resized = runOperations(image, [{ op: 'resize', height: newH, width: newW, interpolation: mode }]);
      const cropped = runOperations(resized, [{ op: 'crop', ...window }]);
      const joined = runOperations(image, [
        { op: 'resize', height: newH, width: newW, interpolation: mode },
        { op: 'crop', ...window },
      ]);
      expect(joined).toEqual(cropped);
    }),
    { numRuns: 300 },
  );
});

test('every channel is resized as if it were alone', () => {
  fc.assert(
    fc.property(size, size, size, size, interpolation, (w, h, newW, newH, mode) => {
      const image = noise(w, h, 3);
      const resize = new Resize([newH, newW], { interpolation: mode });
      const whole = resize.apply(image);
      for (let channel = 0; channel < 3; channel++) {
        const alone: Image = { width: w, height: h, channels: 1, data: image.data.filter((_, i) => i % 3 === channel) };
        expect(resize.apply(alone).data).toEqual(whole.data.filter((_, i) => i % 3 === channel));
      }
    }),
    { numRuns: 100 },
  );
});

test('an even colour stays what it is under every filter', () => {
  fc.assert(
    fc.property(size, size, size, size, interpolation, fc.nat(255), (w, h, newW, newH, mode, value) => {
      const image: Image = { width: w, height: h, channels: 1, data: new Uint8Array(w * h).fill(value) };
      const { data } = new Resize([newH, newW], { interpolation: mode }).apply(image);
      expect(data.every((v) => v === value)).toBe(true);
    }),
  );
});

test.each([
  [341, 256, 58],
  [343, 256, 60], // 59.5 rounds to 60
  [225, 300, 0], // 0.5 rounds to 0
])('CenterCrop(224) of %d x %d begins at column %d', (width, height, left) => {
  const image = positions(width, height);
  const wide = { ...image, data: image.data.map((v, i) => (i % 3 === 2 ? Math.floor(i / 3 / 256) : v)) };
  const [step] = drawOperations(new CenterCrop(224), wide);
  expect(step).toMatchObject({ op: 'crop', left, height: 224, width: 224 });
});

test('CenterCrop pads what is too small with 0', () => {
  const result = new CenterCrop([5, 4]).apply({ width: 2, height: 2, channels: 1, data: Uint8Array.of(1, 2, 3, 4) });
  // biome-ignore format: as it looks
  expect([...result.data]).toEqual([
    0, 0, 0, 0,
    0, 1, 2, 0,
    0, 3, 4, 0,
    0, 0, 0, 0,
    0, 0, 0, 0,
  ]);
});

test.each([
  ['constant', [9, 9, 1, 2, 3, 9, 9]],
  ['edge', [1, 1, 1, 2, 3, 3, 3]],
  ['reflect', [3, 2, 1, 2, 3, 2, 1]],
  ['symmetric', [2, 1, 1, 2, 3, 3, 2]],
] as const)('Pad: %s', (mode, expected) => {
  const row: Image = { width: 3, height: 1, channels: 1, data: Uint8Array.of(1, 2, 3) };
  expect([...new Pad([2, 0], { mode, fill: 9 }).apply(row).data]).toEqual(expected);
});

test('Resize of the shorter side keeps the proportion, cutting the fraction off', () => {
  expect(drawOperations(new Resize(256), { width: 500, height: 375, channels: 3 })).toEqual([
    { op: 'resize', width: 341, height: 256, interpolation: 'bilinear' },
  ]);
  expect(drawOperations(new Resize(256, { maxSize: 300 }), { width: 500, height: 375, channels: 3 })[0]).toMatchObject({
    width: 300,
    height: 225,
  });
  expect(drawOperations(new Resize(256), { width: 256, height: 300, channels: 3 })).toEqual([]);
});

describe('random geometry', () => {
  const image = positions(40, 30);

  test('a crop is a part of the image', () => {
    for (let seed = 0; seed < 50; seed++) {
      const crop = new RandomCrop([8, 9]).apply(image, createRng(seed));
      const [left = 0, top = 0] = origin(crop, 0, 0);
      expect(origin(crop, 8, 7)).toEqual([left + 8, top + 7]);
    }
  });

  test('every place is cropped', () => {
    const tops = new Set<number>();
    for (let seed = 0; seed < 300; seed++) tops.add(origin(new RandomCrop(28).apply(image, createRng(seed)), 0, 0)[1]!);
    expect([...tops].sort()).toEqual([0, 1, 2]);
  });

  test('RandomResizedCrop keeps area and ratio within their ranges', () => {
    const transform = new RandomResizedCrop(24, { scale: [0.2, 0.5], ratio: [0.5, 2] });
    for (let seed = 0; seed < 200; seed++) {
      const [crop] = drawOperations(transform, { width: 400, height: 300, channels: 3 }, createRng(seed));
      if (crop?.op !== 'crop') throw new Error('no crop');
      expect((crop.width * crop.height) / 120_000).toBeGreaterThan(0.19);
      expect((crop.width * crop.height) / 120_000).toBeLessThan(0.51);
      expect(crop.width / crop.height).toBeGreaterThan(0.49);
      expect(crop.width / crop.height).toBeLessThan(2.02);
      expect(crop.left + crop.width).toBeLessThanOrEqual(400);
      expect(crop.top + crop.height).toBeLessThanOrEqual(300);
    }
  });

  test('RandomResizedCrop of an image of impossible shape takes the middle', () => {
    const steps = drawOperations(new RandomResizedCrop(8), { width: 400, height: 3, channels: 1 }, createRng(1));
    expect(steps[0]).toEqual({ op: 'crop', top: 0, left: 198, height: 3, width: 4 });
  });

  test('flips happen with their probability and undo themselves', () => {
    let flips = 0;
    for (let seed = 0; seed < 400; seed++) {
      const flipped = new RandomHorizontalFlip({ p: 0.25 }).apply(image, createRng(seed));
      if (origin(flipped, 0, 0)[0] === 39) flips++;
    }
    expect(flips).toBeGreaterThan(70);
    expect(flips).toBeLessThan(130);
    for (const flip of [new RandomHorizontalFlip({ p: 1 }), new RandomVerticalFlip({ p: 1 })]) {
      expect(flip.apply(flip.apply(image)).data).toEqual(image.data);
    }
  });

  test('a rotation by 90 degrees goes counter-clockwise', () => {
    const turned = new RandomRotation([90, 90], { expand: true }).apply(image);
    expect(turned).toMatchObject({ width: 30, height: 40 });
    expect(origin(turned, 0, 0)).toEqual([39, 0]);
    expect(origin(turned, 29, 39)).toEqual([0, 29]);
  });

  test('an affine map of nothing is the image', () => {
    for (const interpolation of ['nearest', 'bilinear', 'bicubic'] as const) {
      expect(new RandomAffine(0, { interpolation }).apply(image).data).toEqual(image.data);
    }
  });

  test('a shift of one pixel shows the fill at the edge', () => {
    const step = {
      op: 'affine',
      angle: 0,
      translate: [1, 0],
      scale: 1,
      shear: [0, 0],
      interpolation: 'nearest',
      fill: 5,
    };
    const shifted = runOperations(image, [step as never]);
    expect(origin(shifted, 0, 3)).toEqual([5, 5]);
    expect(origin(shifted, 1, 3)).toEqual([0, 3]);
  });
});

test('a pipeline leaves the image it was given as it is', () => {
  const image = noise(30, 20);
  const before = image.data.slice();
  new Compose([new RandomHorizontalFlip({ p: 1 }), new Resize(16), new RandomRotation(30)]).apply(image, createRng(1));
  expect(image.data).toEqual(before);
});

describe('bad arguments say what is wrong', () => {
  test.each([
    ['a size of 0', () => new Resize(0), /positive integer, got 0/],
    ['half a pixel', () => new CenterCrop([3, 4.5]), /width.*4\.5/],
    ['an unknown filter', () => new Resize(8, { interpolation: 'biliner' as never }), /Did you mean 'bilinear'/],
    ['a probability of 2', () => new RandomHorizontalFlip({ p: 2 }), /probability/],
    ['negative padding', () => new Pad(-1), /padding.*-1/],
    ['a range the wrong way', () => new RandomRotation([9, 3]), /range \[low, high\].*\[9,3\]/],
    ['maxSize below size', () => new Resize(64, { maxSize: 32 }), /maxSize 32/],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(expect.objectContaining({ message: expect.stringMatching(message) }));
  });

  test('a crop larger than the image', () => {
    expect(() => new RandomCrop(50).apply(noise(40, 60))).toThrow(/50 x 50.*60 x 40.*padIfNeeded/);
  });

  test('data that does not fit the sizes', () => {
    expect(() => new Resize(4).apply({ width: 3, height: 3, channels: 3, data: new Uint8Array(9) })).toThrow(
      /cannot have 9/,
    );
  });

  test('a fill for other channels', () => {
    expect(() => new Pad(1, { fill: [1, 2] }).apply(noise(3, 3))).toThrow(/2 values.*3 channels/);
  });
});
