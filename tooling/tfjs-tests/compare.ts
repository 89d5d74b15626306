import { asInPyTorch } from './reasons.ts';
import type { Baseline, Expected } from './results.ts';

const without = (names: readonly string[], other: readonly string[]): string[] => {
  const set = new Set(other);
  return names.filter((name) => !set.has(name));
};

const ran = ({ passed, failed }: Baseline): number => passed + failed.length;

const list = (title: string, names: readonly string[]): string[] =>
  names.length === 0 ? [] : [`${title} (${names.length}):\n${names.map((name) => `    ${name}`).join('\n')}`];

/** What is wrong with a run of our backend, one paragraph per finding; empty when nothing is. */
export function compareWithLists(run: Baseline, stock: Baseline, expected: Expected): string[] {
  const listed = Object.values(expected).flat();
  const deliberate = expected[asInPyTorch] ?? [];
  const fewer = ran(run) < ran(stock) ? [`${ran(run)} specs ran, ${ran(stock)} do with the stock backend`] : [];
  return [
    ...fewer,
    ...list('fail here and pass with the stock backend', without(run.failed, [...stock.failed, ...deliberate])),
    ...list('fail and are not in the list', without(run.failed, listed)),
    ...list('are in the list and pass: take them out', without(listed, run.failed)),
    ...list(
      'are listed twice',
      listed.filter((name, i) => listed.indexOf(name) !== i),
    ),
  ];
}

/** How a run of the stock backend differs from the committed baseline. */
export function compareWithBaseline(run: Baseline, stock: Baseline): string[] {
  return [
    ...(run.passed === stock.passed ? [] : [`${run.passed} passed, the baseline has ${stock.passed}`]),
    ...list('fail and are not in the baseline', without(run.failed, stock.failed)),
    ...list('are in the baseline and pass', without(stock.failed, run.failed)),
  ];
}
