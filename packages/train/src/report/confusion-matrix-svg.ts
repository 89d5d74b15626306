import * as Plot from '@observablehq/plot';
import { ZooError } from '@zoo/core';
import { newDocument, type SvgElement, standaloneSvg } from './svg-document.ts';

/** Counts of classes (rows) taken for classes (columns), coloured by their share of the row, as SVG text. */
export function confusionMatrixSvg(matrix: ReadonlyArray<readonly number[]>, classNames: readonly string[]): string {
  const n = classNames.length;
  if (n === 0 || matrix.length !== n || matrix.some((row) => row.length !== n)) {
    throw new ZooError(
      'SHAPE_MISMATCH',
      `A confusion matrix of ${n} classes must be ${n} by ${n}, got ${matrix.length} rows of ${matrix[0]?.length ?? 0}.`,
    );
  }
  const cells = matrix.flatMap((row, actual) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.map((count, predicted) => ({ actual, predicted, count, share: total > 0 ? count / total : 0 }));
  });
  const side = Math.max(18, Math.min(44, 640 / n));
  const labelSpace = Math.min(160, 24 + 6.5 * Math.max(...classNames.map((name) => name.length)));
  const counts = side >= 26 ? cells.filter(({ count }) => count > 0) : []; // smaller cells cannot hold a number
  const document = newDocument();
  // By place, not by name: two classes may have one name.
  const axis = { domain: classNames.map((_, i) => i), tickFormat: (i: number) => classNames[i]!, padding: 0 };
  const drawing = Plot.plot({
    document,
    width: labelSpace + n * side + 20,
    height: labelSpace + n * side + 30,
    marginLeft: labelSpace + 10,
    marginBottom: labelSpace,
    marginTop: 30,
    marginRight: 10,
    x: { ...axis, label: 'predicted', tickRotate: -60, labelArrow: 'none' },
    y: { ...axis, label: 'actual', labelArrow: 'none' },
    color: { type: 'linear', scheme: 'blues', domain: [0, 1] },
    marks: [
      Plot.cell(cells, { x: 'predicted', y: 'actual', fill: 'share', stroke: '#eee' }),
      Plot.text(counts, {
        x: 'predicted',
        y: 'actual',
        text: (cell: { count: number }) => String(cell.count),
        fill: (cell: { share: number }) => (cell.share > 0.55 ? 'white' : 'black'),
      }),
    ],
  }) as unknown as SvgElement;
  return standaloneSvg(document, drawing);
}
