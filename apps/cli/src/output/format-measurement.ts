import { type Measurement, mostConfused } from '../net/measure.ts';
import { formatTable } from './table.ts';

export const percent = (share: number | null): string => (share === null ? '-' : `${(100 * share).toFixed(1)} %`);

/** The figures of `zoo evaluate` as text. */
export function formatMeasurement(measurement: Measurement): string {
  const { examples, loss, accuracy, topK, perClass, confusion, seconds } = measurement;
  const names = perClass.map(({ name }) => name);
  const confused = mostConfused(measurement, 5).map((pair) => [pair.actual, pair.predicted, pair.count]);
  return [
    `${examples.toLocaleString('en-US')} images in ${seconds.toFixed(1)} s: loss ${loss.toFixed(4)}, accuracy ${percent(accuracy)}, top ${topK.k} ${percent(topK.accuracy)}`,
    '',
    formatTable({
      head: ['Class', 'Images', 'Accuracy'],
      rows: perClass.map(({ name, count, accuracy: share }) => [name, count, percent(share)]),
      right: [1, 2],
    }),
    '',
    'Confusion matrix: rows are the true class, columns the answers in the same order',
    formatTable({
      head: ['', ...names.map((_, i) => String(i))],
      rows: confusion.map((row, i) => [`${i} ${names[i]}`, ...row]),
      right: names.map((_, i) => i + 1),
    }),
    ...(confused.length > 0
      ? ['', formatTable({ head: ['Most confused', 'taken for', 'times'], rows: confused, right: [2] })]
      : []),
  ].join('\n');
}
