import { extname } from 'node:path';
import { ZooError } from '@zoo/core';
import { writeFileAtomic } from '@zoo/weights/node';
import sharp from 'sharp';
import type { EpochRecord, HistoryPoint } from '../trainer/history.ts';
import { type CurveOptions, curvesSvg } from './curves.ts';

/** SVG text as a PNG image, `density` (default 144) dots per inch where 72 gives the drawing's own pixels. */
export async function curvesPng(svg: string, { density = 144 }: { density?: number } = {}): Promise<Uint8Array> {
  return sharp(Buffer.from(svg), { density }).png().toBuffer();
}

/** Draws the curves into `path`, which ends in `.svg` or `.png`. The write is atomic. */
export async function saveCurves(
  path: string,
  history: { epochs: readonly EpochRecord[]; points: readonly HistoryPoint[] },
  options: CurveOptions = {},
): Promise<void> {
  const kind = extname(path).toLowerCase();
  if (kind !== '.svg' && kind !== '.png') {
    throw new ZooError('INVALID_ARGUMENT', `Curves are saved as .svg or .png, not '${kind}' (${path}).`);
  }
  const svg = curvesSvg(history, options);
  await writeFileAtomic(path, [kind === '.svg' ? new TextEncoder().encode(svg) : await curvesPng(svg)]);
}
