import { createRng } from '@zoo/core';
import { afterEach, expect, test, vi } from 'vitest';
import { noise } from './images.ts';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

test('the compiled resampler and the one in JavaScript give the same', async () => {
  const { resize } = await import('../src/pixels/resize.ts');
  vi.resetModules();
  vi.stubGlobal('WebAssembly', undefined);
  const { resize: inJavaScript } = await import('../src/pixels/resize.ts');
  const rng = createRng(5);
  for (let i = 0; i < 80; i++) {
    const image = noise(1 + rng.int(60), 1 + rng.int(60), i % 4 === 0 ? 1 : 3);
    const [width, height] = [1 + rng.int(70), i % 5 === 0 ? image.height : 1 + rng.int(70)];
    const interpolation = (['bilinear', 'bicubic', 'lanczos'] as const)[i % 3]!;
    const [left, top] = [rng.int(width), rng.int(height)];
    const window = { left, top, width: 1 + rng.int(width - left), height: 1 + rng.int(height - top) };
    const options = { width: i % 7 === 0 ? image.width : width, height, interpolation };
    const cut = options.width === width && i % 2 === 0 ? { ...options, window } : options;
    expect(resize(image, cut)).toEqual(inJavaScript(image, cut));
  }
});

test('the compiled normalisation and the one in JavaScript give the same', async () => {
  const image = { width: 259, height: 1, channels: 3, data: Uint8Array.from({ length: 777 }, (_, i) => i / 3) };
  const [mean, std] = [
    [0.485, 0.456, 0.406],
    [0.229, 0.224, 0.225],
  ] as const;
  const { toNormalizedFloat } = await import('../src/pixels/float.ts');
  const compiled = toNormalizedFloat(image, mean, std);
  vi.resetModules();
  vi.stubGlobal('WebAssembly', undefined);
  const inJavaScript = await import('../src/pixels/float.ts');
  expect(inJavaScript.toNormalizedFloat(image, mean, std)).toEqual(compiled);
  expect(inJavaScript.normalize(inJavaScript.toFloat(image), mean, std)).toEqual(compiled);
});
