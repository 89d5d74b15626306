import { ZooError } from './error.ts';

export interface FiniteRowsOptions {
  /** Who refuses them. */
  owner: string;
  /** What the rows are, e.g. `features`. */
  what: string;
  /** Numbers per row. */
  width: number;
  /** How a row is called; default `row 3`. */
  nameOf?: (row: number) => string;
  /** Largest absolute value that can be used; default any finite one. */
  largest?: number;
}

/** Throws `NUMERIC` where a number is NaN, infinite or too large, with the first such row and how many there are. */
export function checkFiniteRows(values: ArrayLike<number>, options: FiniteRowsOptions): void {
  const { owner, what, width, nameOf = (row) => `row ${row}`, largest = Number.MAX_VALUE } = options;
  if (width === 0) return;
  let first: { row: number; value: number } | undefined;
  let [count, counted] = [0, -1];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Math.abs(value) <= largest) continue;
    const row = Math.floor(i / width);
    if (row !== counted) count++;
    counted = row;
    // What is not finite is the worse fault.
    if (!first || (Number.isFinite(first.value) && !Number.isFinite(value))) first = { row, value };
  }
  if (!first) return;
  const { row, value } = first;
  const rows = `${count} of ${values.length / width} rows`;
  const advice = Number.isFinite(value)
    ? `so large that float32 loses them (limit ${largest}): scale them, e.g. divide by their standard deviation`
    : 'not finite: leave these rows out, or look for what broke them';
  throw new ZooError('NUMERIC', `${owner}: ${what} of ${rows} are ${advice}. The first is ${value} in ${nameOf(row)}.`);
}
