import type { GraphBuilder, GraphValue } from '../graph/graph-builder.ts';

interface Phases {
  /** By row and column: `[groups, rows, columns, b]` each, of any shape with as many elements. */
  parts: readonly (readonly GraphValue[])[];
  groups: number;
  rows: number;
  columns: number;
  /** Numbers that stay together. */
  run: number;
}

/**
 * Pixels that were computed apart, by the remainders of their row and column, put together:
 * `[groups, rows * parts, columns * parts, run]`.
 */
export function interleave(graph: GraphBuilder, { parts, groups, rows, columns, run }: Phases): GraphValue {
  const [high, wide] = [parts.length, parts[0]!.length];
  const width = columns * wide * run;
  const lines = parts.map((row) => {
    const line = row.map((part) => graph.reshape(part, [groups * rows * columns, 1, run]));
    return graph.reshape(joined(graph, line, [groups * rows * columns, wide, run]), [groups * rows, 1, width]);
  });
  return graph.reshape(joined(graph, lines, [groups * rows, high, width]), [groups, rows * high, columns * wide, run]);
}

const joined = (graph: GraphBuilder, values: readonly GraphValue[], shape: readonly number[]): GraphValue =>
  values.length === 1 ? values[0]! : graph.op('Concat', values, { type: 'float32', shape }, { axis: 1 });
