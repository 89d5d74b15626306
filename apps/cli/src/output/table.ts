import { shorten } from '@zoo/core';
import Table from 'cli-table3';
import { printableLine } from './printable.ts';

const open = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' },
};

export interface TableOptions {
  head: readonly string[];
  rows: readonly (readonly (string | number)[])[];
  /** Columns of numbers, from 0. */
  right?: readonly number[];
}

/** A name from a file may be of any length and hold line breaks; a column is as wide as its widest. */
const cell = (value: string | number): string => printableLine(shorten(String(value), 200));

/** Columns without frames or colours, so that `cut` and `awk` can read them. */
export function formatTable({ head, rows, right = [] }: TableOptions): string {
  const table = new Table({
    chars: open,
    head: head.map(cell),
    colAligns: head.map((_, column) => (right.includes(column) ? 'right' : 'left')),
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
  });
  for (const row of rows) table.push(row.map(cell));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
