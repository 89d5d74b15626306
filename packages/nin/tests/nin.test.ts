import { createModel, createRegistry } from '@zoo/core';
import { testModelFamily } from '@zoo/testing';
import { describe, expect, it } from 'vitest';
import { nin, ninFamily } from '../src/index.ts';
import '../src/register.ts';

testModelFamily(ninFamily, { nin: { parameters: 1_992_166, inputShape: [2, 72, 72, 1] } });

describe('the shape table of the notes', () => {
  it('holds for NiN in NCHW', () => {
    const { rows } = nin().summary([1, 1, 224, 224], { layout: 'nchw' });
    const table = rows.filter((row) => row.depth === 2).map((row) => [row.type, row.outputShape]);
    expect(table).toEqual([
      ['Sequential', [1, 96, 54, 54]],
      ['MaxPool2d', [1, 96, 26, 26]],
      ['Sequential', [1, 256, 26, 26]],
      ['MaxPool2d', [1, 256, 12, 12]],
      ['Sequential', [1, 384, 12, 12]],
      ['MaxPool2d', [1, 384, 5, 5]],
      ['Dropout', [1, 384, 5, 5]],
      ['Sequential', [1, 10, 5, 5]],
      ['GlobalAvgPool', [1, 10]], // the notes pool to 1x1 and flatten in two steps
    ]);
  });
});

describe('the registry', () => {
  it('creates the net by name', () => {
    expect(createRegistry().use(ninFamily).create('nin', { numClasses: 3 }).numFeatures).toBe(384);
    expect(createModel('nin').inputSpec.channels).toBe(1);
  });
});

describe('wrong options', () => {
  it('are refused', () => {
    expect(() => nin({ numClasses: 1.5 })).toThrow(/whole number.*1\.5/);
  });
});
