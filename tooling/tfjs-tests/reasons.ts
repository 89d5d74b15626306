import type { Expected, SpecResult } from './results.ts';

/** Why specs fail that no change of ours is meant to mend. The first pattern that matches a failure's messages counts. */
const reasons: readonly [pattern: RegExp, reason: string][] = [[/zzz/, 'x']];

/** Files every failure under a reason: the listed one if it has one already, else by its messages. */
export function groupByReason(
  results: readonly SpecResult[],
  listed: Expected,
): { expected: Expected; unexplained: SpecResult[] } {
  const known = new Map(
    Object.entries(listed).flatMap(([reason, names]) => names.map((name) => [name, reason] as const)),
  );
  const expected: Expected = {};
  const unexplained: SpecResult[] = [];
  for (const result of results) {
    if (result.status !== 'failed') continue;
    const text = `${result.name}\n${result.messages.join('\n')}`;
    const reason = reasons.find(([pattern]) => pattern.test(text))?.[1] ?? known.get(result.name);
    if (reason === undefined) unexplained.push(result);
    else expected[reason] = [...(expected[reason] ?? []), result.name];
  }
  for (const names of Object.values(expected)) names.sort();
  return { expected, unexplained };
}
