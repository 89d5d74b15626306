import { createModel, createRegistry } from '@zoo/core';
import { testModelFamily } from '@zoo/testing';
import { describe, expect, it } from 'vitest';
import { vgg, vgg11, vgg11_d2l } from '../src/index.ts';
import '../src/register.ts';

const large = { shapesOnly: true };

testModelFamily(vgg, {
  vgg11: { parameters: 132_863_336, gflops: 7.609, ...large },
  vgg13: { parameters: 133_047_848, gflops: 11.308, ...large },
  vgg16: { parameters: 138_357_544, gflops: 15.47, ...large },
  vgg19: { parameters: 143_667_240, gflops: 19.632, ...large },
  // The full checks run on a narrow net of one's own.
  vgg11_bn: {
    parameters: 132_868_840,
    gflops: 7.609,
    inputShape: [2, 32, 32, 3],
    options: { arch: [[1, 3], [2, 4]], hiddenFeatures: 32 },
  },
  vgg13_bn: { parameters: 133_053_736, gflops: 11.308, ...large },
  vgg16_bn: { parameters: 138_365_992, gflops: 15.47, ...large },
  vgg19_bn: { parameters: 143_678_248, gflops: 19.632, ...large },
  vgg11_d2l: { parameters: 128_806_154, ...large },
  vgg11_d2l_small: { parameters: 43_093_322, ...large },
}); // biome-ignore format: a table

describe('the shape table of the notes', () => {
  it('holds for VGG-11 in NCHW', () => {
    const { rows } = vgg11_d2l().summary([1, 1, 224, 224], { layout: 'nchw' });
    const afterBlocks = rows.filter((row) => row.type === 'MaxPool2d' || row.depth === 1 || row.name.startsWith('cl'));
    expect(afterBlocks.map((row) => [row.type, row.outputShape])).toEqual([
      ['Sequential', [1, 512, 7, 7]],
      ['MaxPool2d', [1, 64, 112, 112]],
      ['MaxPool2d', [1, 128, 56, 56]],
      ['MaxPool2d', [1, 256, 28, 28]],
      ['MaxPool2d', [1, 512, 14, 14]],
      ['MaxPool2d', [1, 512, 7, 7]],
      ['Flatten', [1, 25088]],
      ['Sequential', [1, 10]],
      ['Linear', [1, 4096]],
      ['ReLU', [1, 4096]],
      ['Dropout', [1, 4096]],
      ['Linear', [1, 4096]],
      ['ReLU', [1, 4096]],
      ['Dropout', [1, 4096]],
      ['Linear', [1, 10]],
    ]);
  });
});

describe('the registry', () => {
  it('creates variants by name', () => {
    expect(createRegistry().use(vgg).create('vgg16', { numClasses: 3 }).numFeatures).toBe(4096);
    expect(createModel('vgg11_d2l_small').featureInfo.map(({ channels }) => channels)).toEqual([16, 32, 64, 128, 128]);
  });
});

describe('wrong options', () => {
  it('are refused', () => {
    expect(() => vgg11({ arch: [] })).toThrow(/\[convolutions, channels\].*\[\]/);
    expect(() => vgg11({ arch: [[1, 2.5]] })).toThrow(/\[\[1,2\.5\]\]/);
    expect(() => vgg11({ numClasses: 1.5 })).toThrow(/whole number.*1\.5/);
  });
});
