import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { goldenDifferences, type TransformFile } from './golden-cases.ts';

const path = new URL('../../testing/fixtures/parity/transforms.json', import.meta.url);
const cases = goldenDifferences(JSON.parse(readFileSync(path, 'utf8')) as TransformFile);

test('the golden file holds both images under every transform', () => {
  expect(cases.length).toBe(35);
});

test.each(cases)('$name equals torchvision', ({ difference }) => {
  expect(difference).toBe(0);
});
