import * as Plot from '@observablehq/plot';
import { ZooError } from '@zoo/core';
import type { EpochRecord, HistoryPoint } from '../trainer/history.ts';
import { newDocument, type SvgElement, standaloneSvg, svgElement } from './svg-document.ts';

export interface CurveOptions {
  title?: string;
  /** In pixels; default 560. */
  width?: number;
  /** In pixels; default 360. */
  height?: number;
}

interface Curve {
  name: string;
  color: string;
  dashes: string;
  points: Array<{ epoch: number; value: number }>;
}

/** The course of one figure, without gaps where it is missing or not finite. */
function curve(
  look: Omit<Curve, 'points'>,
  points: ReadonlyArray<{ epoch: number; value: number | undefined }>,
): Curve {
  const known = points.filter((p): p is { epoch: number; value: number } => Number.isFinite(p.value));
  return { ...look, points: known };
}

function curvesOf({ epochs, points }: { epochs: readonly EpochRecord[]; points: readonly HistoryPoint[] }): Curve[] {
  const within = (figure: 'trainLoss' | 'trainAccuracy') => points.map((p) => ({ epoch: p.epoch, value: p[figure] }));
  const after = (figure: string) => epochs.map((record) => ({ epoch: record.epoch, value: record[figure] }));
  return [
    curve({ name: 'train loss', color: '#1f77b4', dashes: '' }, within('trainLoss')),
    curve({ name: 'train accuracy', color: '#bf00bf', dashes: '6,3' }, within('trainAccuracy')),
    curve({ name: 'test accuracy', color: '#2ca02c', dashes: '8,3,2,3' }, after('testAccuracy')),
  ].filter((c) => c.points.length > 0);
}

/** A legend at the right edge, halfway up, where falling losses and rising accuracies leave room. */
function legend(document: Document, curves: readonly Curve[], { x, y }: { x: number; y: number }): SvgElement {
  const group = svgElement(document, 'g', { 'aria-label': 'legend', 'font-size': 12, 'text-anchor': 'start' });
  group.append(
    svgElement(document, 'rect', {
      x: x - 8,
      y: y - 14,
      width: 142,
      height: curves.length * 20 + 8,
      fill: 'white',
      'fill-opacity': 0.85,
      stroke: '#ccc',
      rx: 3,
    }),
  );
  curves.forEach(({ name, color, dashes }, i) => {
    const line = y + i * 20;
    const stroke = { stroke: color, 'stroke-width': 2, 'stroke-dasharray': dashes || 'none' };
    group.append(
      svgElement(document, 'line', { x1: x, x2: x + 30, y1: line, y2: line, ...stroke }),
      svgElement(document, 'text', { x: x + 38, y: line + 4, fill: '#222', text: name }),
    );
  });
  return group;
}

/**
 * Train loss, train accuracy and test accuracy over the epochs in one chart, as the animator of "Dive into Deep Learning"
 * draws them, as SVG text. Takes a `History` or what its `toJSON` gave.
 */
export function curvesSvg(
  history: { epochs: readonly EpochRecord[]; points: readonly HistoryPoint[] },
  { title, width = 560, height = 360 }: CurveOptions = {},
): string {
  const curves = curvesOf(history);
  if (curves.length === 0) {
    throw new ZooError('INVALID_ARGUMENT', 'There is nothing to draw: the history has no finite figure yet.');
  }
  const document = newDocument();
  const last = Math.max(...curves.flatMap((c) => c.points.map((p) => p.epoch)));
  const marginTop = title ? 40 : 20;
  const drawing = Plot.plot({
    document,
    width,
    height,
    marginTop,
    marginBottom: 42,
    x: { label: 'epoch', domain: [0, last], grid: true, labelAnchor: 'center', labelArrow: 'none' },
    y: { label: null, grid: true, zero: true, nice: true },
    marks: [
      Plot.frame({ stroke: '#888' }),
      ...curves.flatMap(({ points, color, dashes }) => [
        Plot.line(points, {
          x: 'epoch',
          y: 'value',
          stroke: color,
          strokeWidth: 2,
          ...(dashes && { strokeDasharray: dashes }),
        }),
        // A line through one point cannot be seen.
        ...(points.length === 1 ? [Plot.dot(points, { x: 'epoch', y: 'value', fill: color })] : []),
      ]),
    ],
  }) as unknown as SvgElement;
  if (title) {
    drawing.append(
      svgElement(document, 'text', {
        x: width / 2,
        y: 22,
        'text-anchor': 'middle',
        'font-size': 14,
        'font-weight': 'bold',
        fill: '#222',
        text: title,
      }),
    );
  }
  drawing.append(legend(document, curves, { x: width - 170, y: marginTop + (height - marginTop - 42) / 2 - 20 }));
  return standaloneSvg(document, drawing);
}
