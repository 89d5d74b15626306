import { classBalance } from './class-balance.ts';
import type { Dataset } from './dataset.ts';

const barWidth = 24;

/** Cuts in the middle what is wider than a column may be. */
const shortened = (name: string, most: number): string =>
  name.length <= most ? name : `${name.slice(0, most - 4)}...${name.slice(-1)}`;

/**
 * The class balance as a table to print: count, share and a bar for every class, then the number of examples and how many
 * times as many the largest class has as the smallest. Throws as `classBalance`.
 */
export function formatClassBalance(dataset: Pick<Dataset, 'labels' | 'classNames'>): string {
  const classes = classBalance(dataset);
  const counts = classes.map(({ count }) => count);
  const [most, least] = [Math.max(0, ...counts), Math.min(...counts)];
  const names = classes.map(({ name }) => shortened(name, 32));
  const nameWidth = Math.max(5, ...names.map((name) => name.length));
  const countWidth = Math.max(8, `${most}`.length);
  const rows = classes.map(({ count, fraction }, i) => {
    const bar = '#'.repeat(most === 0 ? 0 : Math.round((barWidth * count) / most));
    const share = `${(100 * fraction).toFixed(1)} %`;
    return `${names[i]!.padEnd(nameWidth)}  ${`${count}`.padStart(countWidth)}  ${share.padStart(7)}  ${bar}`.trimEnd();
  });
  const total = counts.reduce((a, b) => a + b, 0);
  const balance =
    least === 0
      ? 'some classes have no examples'
      : most === least
        ? 'all alike'
        : `largest / smallest ${(most / least).toFixed(1)}`;
  const header = `${'class'.padEnd(nameWidth)}  ${'examples'.padStart(countWidth)}    share`;
  return [header, ...rows, `${total} examples in ${classes.length} classes; ${balance}.`].join('\n');
}
