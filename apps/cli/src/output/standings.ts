import type { StudyResult } from '../study/result.ts';
import { percent } from './format-measurement.ts';
import { formatTable } from './table.ts';

/** Members and ensembles with their accuracies, and what won. */
export function formatStandings({ members, ensembles, measurement }: StudyResult): string {
  const rows = [
    ...members.map(({ name, head, width, validation, test, chosen }) => [
      name,
      `${head.type} head on ${width} features${chosen ? '' : ', not in the ensemble'}`,
      percent(validation.accuracy),
      percent(test.accuracy),
    ]),
    ...ensembles.map(({ name, validation, test, chosen }) => [
      `ensemble: ${name}`,
      chosen ? 'chosen by validation' : '',
      percent(validation.accuracy),
      percent(test.accuracy),
    ]),
  ];
  const best = members.reduce((a, b) => (b.test.accuracy > a.test.accuracy ? b : a));
  const points = 100 * (measurement.accuracy - best.test.accuracy);
  const beside =
    points > 0.005
      ? `${points.toFixed(1)} points above its best member (${best.name})`
      : points > -0.005
        ? `as good as its best member (${best.name})`
        : `${(-points).toFixed(1)} points below its best member (${best.name})`;
  return [
    formatTable({ head: ['', '', 'Validation', 'Test'], rows, right: [2, 3] }),
    '',
    `The ensemble is right on ${percent(measurement.accuracy)} of ${measurement.examples.toLocaleString('en-US')} test images: ${beside}.`,
  ].join('\n');
}
