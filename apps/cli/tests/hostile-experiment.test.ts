import { ZooError } from '@zoo/core';
import { describe, expect, it } from 'vitest';
import { parseExperiment } from '../src/experiment/read-experiment.ts';

const least = `
data: { train: fashion-mnist-mini, test: fashion-mnist-mini }
backbones:
  - &net { model: lenet5_relu, weights: FASHION_MNIST }
`;

function refusal(text: string): string {
  try {
    parseExperiment(text, 'study.yaml');
  } catch (error) {
    if (error instanceof ZooError && error.code === 'INVALID_CONFIG') return error.message;
    throw error;
  }
  throw new Error('it was not refused');
}

const lines = (n: number, line: (i: number) => string): string => Array.from({ length: n }, (_, i) => line(i)).join('');

describe('aliases of an experiment', () => {
  it('may name one thing again and again', () => {
    const experiment = parseExperiment(`${least}${lines(150, () => '  - *net\n')}`, 'study.yaml');
    expect(experiment.backbones).toHaveLength(151);
    expect(experiment.backbones[150]!.model).toBe('lenet5_relu');
  });

  it('may not stand for billions of values', () => {
    const laughs = lines(12, (i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`)}]\n`);
    expect(refusal(`a0: &a0 [1]\n${laughs}`)).toMatch(/line 6: with its aliases the file has over 100,000 values/);
  });

  it('may not name what they lie in, nor nothing', () => {
    expect(refusal('b: 1\na: &a [*a, *a]\n')).toContain(`line 2: '*a' stands inside of '&a', which it names.`);
    expect(refusal('a: *b\nb: &b 1\n')).toContain(`line 1: there is no anchor '&b' for '*b'.`);
  });
});

describe('an experiment made to exhaust', () => {
  const deep = 'nest deeper than in any experiment';
  const many = 'more values than any experiment';
  it.each([
    ['lists', `a:\n  ${'['.repeat(100_000)}`, 2, deep],
    ['mappings', `${'{a: '.repeat(100_000)}1${'}'.repeat(100_000)}`, 1, deep],
    ['lists on one line', `x: 1\n${'- '.repeat(100_000)}1`, 2, deep],
    ['keys on one line', `${'? '.repeat(100_000)}1`, 1, deep],
    ['indentation', lines(2000, (i) => `${' '.repeat(i)}a:\n`), 202, deep],
    ['JSON', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 1, deep],
    ['many keys', lines(500_000, (i) => `k${i}: 1\n`), 66_667, many],
    ['broken lines', lines(300_000, () => '"\n: [\n'), 200, ''],
    ['keys that are lists', '? [a, b]\n: 1\n', 1, 'keys are texts'],
    ['nine million characters', ' '.repeat(9_000_000), 1, 'more than the limit of 8388608'],
  ])('is refused at once: %s', (_, text, line, part) => {
    const start = process.cpuUsage();
    const message = refusal(text);
    const { user, system } = process.cpuUsage(start);
    expect(message).toContain(part);
    if (part !== '') expect(message).toContain(`line ${line}: `);
    expect(message.length).toBeLessThan(4100);
    expect((user + system) / 1e6).toBeLessThan(5);
  });

  it('is told by its first errors and the begin of its keys', () => {
    const message = refusal(lines(5000, (i) => `k${i}: 1\n`));
    expect(message.split('\n')).toHaveLength(22);
    expect(message).toMatch(/\.\.\. and more$/);
    expect(refusal(`${'k'.repeat(1000)}: 1`)).toMatch(/there is no 'k{100}\.\.\. \(1,000 characters\)' here/);
  });
});
