import Table from 'cli-table3';

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

/** Columns without frames or colours, so that `cut` and `awk` can read them. */
export function formatTable({ head, rows, right = [] }: TableOptions): string {
  const table = new Table({
    chars: open,
    head: [...head],
    colAligns: head.map((_, column) => (right.includes(column) ? 'right' : 'left')),
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
  });
  for (const row of rows) table.push(row.map(String));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
