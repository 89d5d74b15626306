import { formatShape, type Summary, type SummaryRow } from '@zoo/core';
import { formatTable } from './table.ts';

/** Rows of a summary for the parts `depth` levels down; layers that lie higher have a row of their own. */
export const rowsAtDepth = ({ rows }: Pick<Summary, 'rows'>, depth: number): SummaryRow[] =>
  rows.filter((row) => row.depth === depth || (row.leaf && row.depth < depth));

/** The parts of a net in the order in which they run, such as the blocks that course notes print. */
export function formatParts(summary: Summary, depth: number): string {
  const count = (n: number): string => n.toLocaleString('en-US');
  const rows = rowsAtDepth(summary, depth).map((row) => [
    row.name || '(net)',
    row.type,
    formatShape(row.outputShape),
    count(row.parameters),
    count(row.multiplyAdds),
  ]);
  return [
    `Input ${formatShape(summary.inputShape)} (${summary.layout.toUpperCase()})`,
    formatTable({ head: ['Part', 'Type', 'Output shape', 'Parameters', 'Multiply-adds'], rows, right: [3, 4] }),
    `Parameters ${count(summary.parameters)}, multiply-adds ${count(summary.multiplyAdds)}`,
  ].join('\n');
}
