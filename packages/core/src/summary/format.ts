import { formatShape } from '../host-tensor.ts';
import type { Summary } from './summary.ts';

const thousands = (n: number): string => n.toLocaleString('en-US');

/** Bytes with a binary unit, e.g. `1.5 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** The table that `summary.toString()` prints: one line per leaf, then the totals. */
export function formatSummary(summary: Omit<Summary, 'toString'>): string {
  const header = ['Layer', 'Type', 'Output shape', 'Parameters', 'Multiply-adds', 'Memory'];
  const lines = summary.rows
    .filter((row) => row.leaf)
    .map((row) => [
      row.name || '(net)',
      row.type,
      formatShape(row.outputShape),
      thousands(row.parameters),
      thousands(row.multiplyAdds),
      formatBytes(row.outputBytes + 4 * row.parameters),
    ]);
  const table = [header, ...lines];
  const widths = header.map((_, column) => Math.max(...table.map((line) => line[column]!.length)));
  const print = (line: string[]) =>
    line
      .map((cell, column) => (column < 3 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd();
  const rule = '-'.repeat(widths.reduce((sum, width) => sum + width + 2, -2));
  return [
    `Input ${formatShape(summary.inputShape)} (${summary.layout.toUpperCase()})`,
    print(header),
    rule,
    ...lines.map(print),
    rule,
    `Parameters ${thousands(summary.parameters)} (trainable ${thousands(summary.trainable)}), multiply-adds ${thousands(summary.multiplyAdds)}, ` +
      `weights ${formatBytes(summary.stateBytes)}, activations ${formatBytes(summary.activationBytes)}`,
  ].join('\n');
}
