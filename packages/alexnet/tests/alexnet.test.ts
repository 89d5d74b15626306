import { createModel, createRegistry } from '@zoo/core';
import { testModelFamily } from '@zoo/testing';
import { describe, expect, it } from 'vitest';
import { alexnet_d2l, alexnetFamily } from '../src/index.ts';
import '../src/register.ts';

testModelFamily(alexnetFamily, {
  alexnet: { parameters: 61_100_840, gflops: 0.714, inputShape: [2, 63, 63, 3], options: { hiddenFeatures: 64 } },
  alexnet_d2l: { parameters: 46_764_746, shapesOnly: true },
});

describe('the shape table of the notes', () => {
  it('holds for AlexNet in NCHW', () => {
    const { rows } = alexnet_d2l().summary([1, 1, 224, 224], { layout: 'nchw' });
    expect(rows.filter((row) => row.leaf).map((row) => [row.type, row.outputShape])).toEqual([
      ['Conv2d', [1, 96, 54, 54]],
      ['ReLU', [1, 96, 54, 54]],
      ['MaxPool2d', [1, 96, 26, 26]],
      ['Conv2d', [1, 256, 26, 26]],
      ['ReLU', [1, 256, 26, 26]],
      ['MaxPool2d', [1, 256, 12, 12]],
      ['Conv2d', [1, 384, 12, 12]],
      ['ReLU', [1, 384, 12, 12]],
      ['Conv2d', [1, 384, 12, 12]],
      ['ReLU', [1, 384, 12, 12]],
      ['Conv2d', [1, 256, 12, 12]],
      ['ReLU', [1, 256, 12, 12]],
      ['MaxPool2d', [1, 256, 5, 5]],
      ['Flatten', [1, 6400]],
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
    expect(createRegistry().use(alexnetFamily).create('alexnet', { numClasses: 3 }).numFeatures).toBe(4096);
    expect(createModel('alexnet_d2l').inputSpec.channels).toBe(1);
  });
});

describe('wrong options', () => {
  it('are refused', () => {
    expect(() => alexnet_d2l({ numClasses: 1.5 })).toThrow(/whole number.*1\.5/);
  });
});
