import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { confusionMatrixSvg, curvesSvg, saveCurves } from '../src/report.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zoo-train-'));
});
afterAll(() => rm(folder, { recursive: true }));

const epochs = [1, 2, 3].map((epoch) => ({
  epoch,
  trainLoss: 1 / epoch,
  testAccuracy: 1 - 0.5 / epoch,
  learningRate: 0.1,
  seconds: 1,
  examplesPerSecond: 100,
}));
const points = Array.from({ length: 15 }, (_, i) => ({
  epoch: (i + 1) / 5,
  trainLoss: 2 / (i + 1),
  trainAccuracy: 1 - 0.8 / (i + 1),
}));

const lines = (svg: string) =>
  [...svg.matchAll(/<path[^>]* d="(M[^"]+)"/g)].map(([, d]) => d!.split(/[ML]/).filter(Boolean).length);

it('draws three curves with a legend', () => {
  const svg = curvesSvg({ epochs, points }, { title: 'LeNet <5>' });
  expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  for (const name of ['train loss', 'train accuracy', 'test accuracy']) expect(svg).toContain(`>${name}<`);
  expect(svg).toContain('LeNet &lt;5&gt;');
  expect(svg.match(/stroke-dasharray="6,3"/g)).toHaveLength(2);
  expect(svg.match(/stroke-dasharray="8,3,2,3"/g)).toHaveLength(2);
});

it('leaves out what a history does not have', () => {
  const svg = curvesSvg({
    epochs: epochs.map(({ testAccuracy, ...rest }) => rest),
    points: points.map(({ trainAccuracy, ...rest }) => ({ ...rest, trainLoss: rest.epoch > 2 ? Number.NaN : 1 })),
  });
  expect(svg).toContain('>train loss<');
  expect(svg).not.toContain('accuracy');
  expect(svg).not.toContain('NaN');
  expect(() => curvesSvg({ epochs: [], points: [] })).toThrow(/nothing to draw/);
  expect(lines(svg).length).toBeGreaterThan(0);
});

it('saves SVG and PNG', async () => {
  await saveCurves(join(folder, 'curves.svg'), { epochs, points });
  expect(await readFile(join(folder, 'curves.svg'), 'utf8')).toBe(curvesSvg({ epochs, points }));
  await saveCurves(join(folder, 'curves.png'), { epochs, points }, { width: 400, height: 300 });
  const { format, width, height } = await sharp(join(folder, 'curves.png')).metadata();
  expect({ format, width, height }).toEqual({ format: 'png', width: 800, height: 600 });
  const { channels } = await sharp(join(folder, 'curves.png')).stats();
  expect(channels.some(({ stdev }) => stdev > 5)).toBe(true); // not a blank page
  await expect(saveCurves(join(folder, 'curves.jpg'), { epochs, points })).rejects.toThrow(/'\.jpg'/);
});

it('draws a confusion matrix with names and counts, also of equal names', () => {
  const svg = confusionMatrixSvg(
    [
      [7, 1, 0],
      [0, 12, 3],
      [0, 0, 0],
    ],
    ['cat', 'dog', 'dog'],
  );
  for (const text of ['cat', 'dog', '7', '12', '3', 'predicted', 'actual']) expect(svg).toContain(`>${text}<`);
  expect(svg.match(/<rect/g)!.length).toBe(1 + 9);
  expect(svg).not.toContain('NaN');
  expect(() => confusionMatrixSvg([[1, 2]], ['a', 'b'])).toThrow(/2 by 2, got 1 rows of 2/);
});
