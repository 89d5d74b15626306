import { createModel, createRegistry } from '@zoo/core';
import { testModelFamily } from '@zoo/testing';
import { describe, expect, it } from 'vitest';
import { TemplateNet, template, template_small } from '../src/index.ts';
import '../src/register.ts';

// Weights of the two convolutions, twice the channels for each batch norm, and the classifier.
testModelFamily(template, {
  template_small: { parameters: 9 * 8 + 16 + 9 * 8 * 16 + 32 + 16 * 10 + 10 },
  template_wide: { parameters: 9 * 16 + 32 + 9 * 16 * 32 + 64 + 32 * 10 + 10 },
});

describe('the registry', () => {
  it('creates variants by name', () => {
    expect(createRegistry().use(template).create('template_small', { numClasses: 3 }).numFeatures).toBe(16);
    expect(createModel('template_wide').numFeatures).toBe(32);
  });
});

describe('wrong options', () => {
  it('are refused', () => {
    expect(() => new TemplateNet({ channels: [] })).toThrow(/at least one stage/);
    expect(() => template_small({ numClasses: 1.5 })).toThrow(/whole number.*1\.5/);
  });
});
