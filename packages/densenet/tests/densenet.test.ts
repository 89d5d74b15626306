import { createModel, createRegistry } from '@zoo/core';
import { testModelFamily } from '@zoo/testing';
import { describe, expect, it } from 'vitest';
import { densenet, densenet_d2l, densenet121 } from '../src/index.ts';
import '../src/register.ts';

testModelFamily(densenet, {
  // The full checks run on a small net of one's own.
  densenet121: {
    parameters: 7_978_856,
    gflops: 2.834,
    inputShape: [2, 32, 32, 3],
    options: { growthRate: 8, blocks: [2, 3], initFeatures: 12, dropRate: 0.2 },
  },
  densenet161: { parameters: 28_681_000, gflops: 7.728, shapesOnly: true },
  densenet169: { parameters: 14_149_480, gflops: 3.36, shapesOnly: true },
  densenet201: { parameters: 20_013_928, gflops: 4.291, shapesOnly: true },
  densenet_d2l: { parameters: 758_226, shapesOnly: true },
  densenet_d2l_maxhead: { parameters: 758_226, inputShape: [2, 32, 32, 1] },
  densenet_cifar: {
    parameters: 9_855_306,
    inputShape: [1, 96, 96, 3],
    options: { growthRate: 8, blocks: [2, 1, 1, 1] },
  },
});

describe('the shape table of the notes', () => {
  const table = (size: number) =>
    densenet_d2l()
      .summary([1, 1, size, size], { layout: 'nchw' })
      .rows.filter(
        (row) => row.name === 'stem' || (row.depth === 2 && row.name.startsWith('body')) || row.name === 'norm',
      )
      .map((row) => [row.type, row.outputShape]);
  const rows = (sides: readonly [number, number, number, number]) => {
    const [a, b, c, d] = sides;
    return [
      ['Sequential', [1, 64, a, a]],
      ['DenseBlockD2L', [1, 192, a, a]],
      ['Sequential', [1, 96, b, b]],
      ['DenseBlockD2L', [1, 224, b, b]],
      ['Sequential', [1, 112, c, c]],
      ['DenseBlockD2L', [1, 240, c, c]],
      ['Sequential', [1, 120, d, d]],
      ['DenseBlockD2L', [1, 248, d, d]],
      ['BatchNorm2d', [1, 248, d, d]],
    ];
  };

  it('holds for DenseNet at 224 and at 96 pixels, in NCHW', () => {
    expect(table(224)).toEqual(rows([56, 28, 14, 7]));
    expect(table(96)).toEqual(rows([24, 12, 6, 3]));
  });
});

describe('the registry', () => {
  it('creates variants by name', () => {
    expect(createRegistry().use(densenet).create('densenet169', { numClasses: 3 }).numFeatures).toBe(1664);
    expect(createModel('densenet_cifar').inputSpec.channels).toBe(3);
  });
});

describe('wrong options', () => {
  it('are refused', () => {
    expect(() => densenet121({ numClasses: 1.5 })).toThrow(/whole number.*1\.5/);
  });
});

describe('weight records', () => {
  it('rename the dotted keys of old checkpoints and leave the others', () => {
    const { keyMap, hashPrefix } = densenet.weights!['densenet121']!['IMAGENET1K_V1']!;
    expect(hashPrefix).toBe('a639ec97');
    const renamed = (key: string) => keyMap!(`features.denseblock1.denselayer2.${key}`);
    expect(renamed('norm.1.running_mean')).toBe('features.denseblock1.denselayer2.norm1.running_mean');
    expect(renamed('conv.2.weight')).toBe('features.denseblock1.denselayer2.conv2.weight');
    expect(renamed('norm2.weight')).toBe('features.denseblock1.denselayer2.norm2.weight');
    expect(keyMap!('features.norm5.weight')).toBe('features.norm5.weight');
    expect(keyMap!('classifier.bias')).toBe('classifier.bias');
  });
});
