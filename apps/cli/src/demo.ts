// The main job of the workspace in one command: `npm run demo`.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { fashionMnistMini } from '@zoo/datasets/node';
import { writeFileAtomic } from '@zoo/weights/node';
import { type CliIo, processIo, watchOutput } from './io.ts';
import { printableIo } from './output/printable.ts';
import { firstOfEachClass } from './report/samples.ts';
import { toPng } from './report/to-png.ts';
import { run } from './run.ts';
import type { StudyResult } from './study/result.ts';

const out = join('runs', 'demo');
const shipped = fileURLToPath(new URL('../examples/fashion-mnist.yaml', import.meta.url));
/** Test accuracy of the ensemble below this means that something is wrong. */
const expectedAccuracy = 0.9;
/** What is named and explained at the end. */
const shownClass = 'Sneaker';

/** Saves the first test image of a class as a PNG file; returns its path. */
async function saveTestImage(cwd: string, name: string): Promise<string> {
  const test = await fashionMnistMini({ split: 'test' });
  const index = firstOfEachClass(test.labels!, 1)[test.classNames!.indexOf(name)]!;
  const { inputs, targets } = test.batch([index]);
  const pixels = (await inputs.data()) as Float32Array;
  inputs.dispose();
  targets.dispose();
  const path = join(out, `${name.toLowerCase()}.png`);
  await mkdir(join(cwd, out), { recursive: true });
  await writeFileAtomic(join(cwd, path), [await toPng(pixels, { shape: test.inputShape })]);
  return path;
}

/** What is not as it should be, in words; empty when all is well. */
function problemsOf({ measurement, members }: StudyResult): string[] {
  const best = Math.max(...members.map(({ test }) => test.accuracy));
  const { accuracy } = measurement;
  return [
    ...(accuracy >= expectedAccuracy
      ? []
      : [`The ensemble's test accuracy ${accuracy.toFixed(3)} is below the ${expectedAccuracy} that it should reach.`]),
    ...(accuracy >= best ? [] : [`The ensemble is right less often than its best member (${best.toFixed(3)}).`]),
  ];
}

/**
 * Runs the shipped study: features of three nets, a head on each, their ensemble; then names one test image, shows what a
 * member looks at, and leaves a report. Options are those of `zoo run`.
 */
export async function demo(options: readonly string[], io: CliIo, experiment = shipped): Promise<number> {
  const started = performance.now();
  const { out: print, err: warn } = printableIo(io);
  const done = await run(['run', experiment, '--out', out, '--verbose', ...options], io);
  if (done !== 0) return done;
  const result = JSON.parse(await readFile(join(io.cwd, out, 'results.json'), 'utf8')) as StudyResult;
  const member = result.members.reduce((a, b) => (b.validation.accuracy > a.validation.accuracy ? b : a));
  const weights = join(out, member.file!);
  print(`\nA test image, named by ${member.name}, and what the net looks at:\n`);
  const image = await saveTestImage(io.cwd, shownClass);
  const predicted = await run(['predict', image, '--weights', weights, '--top-k', '3'], io);
  if (predicted !== 0) return predicted;
  const explained = await run(['explain', image, '--weights', weights, '--out', join(out, 'heat.png')], io);
  if (explained !== 0) return explained;
  const seconds = Math.round((performance.now() - started) / 1000);
  print(`\nDone in ${seconds} s. Open the report: ${pathToFileURL(join(io.cwd, out, 'report.html')).href}\n`);
  const problems = problemsOf(result);
  for (const problem of problems) warn(`${problem}\n`);
  return problems.length > 0 ? 1 : 0;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  watchOutput();
  process.exitCode = await demo(process.argv.slice(2), processIo());
}
