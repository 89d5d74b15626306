// The main job of the workspace in one command: `npm run demo`.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fashionMnistMini } from '@zoo/datasets/node';
import { writeFileAtomic } from '@zoo/weights/node';
import { type CliIo, processIo } from './io.ts';
import { firstOfEachClass } from './report/samples.ts';
import { toPng } from './report/to-png.ts';
import { run } from './run.ts';

const model = 'lenet5_relu';
const data = 'fashion-mnist-mini';
const out = join('runs', 'demo');
/** Test accuracy below this means that something is wrong. */
const expectedAccuracy = 0.75;

/** Saves one test image of each class as a PNG file named after it; returns the paths. */
async function saveTestImages(cwd: string): Promise<string[]> {
  const test = await fashionMnistMini({ split: 'test' });
  const indices = firstOfEachClass(test.labels!, 1);
  const folder = join(out, 'images');
  await mkdir(join(cwd, folder), { recursive: true });
  const { inputs, targets } = await test.batch(indices);
  const pixels = (await inputs.data()) as Float32Array;
  inputs.dispose();
  targets.dispose();
  const size = pixels.length / indices.length;
  return Promise.all(
    indices.map(async (index, i) => {
      const name = test.classNames![test.labels![index]!]!.toLowerCase().replace(/[^a-z]+/g, '-');
      const path = join(folder, `${name}.png`);
      const png = await toPng(pixels.subarray(i * size, (i + 1) * size), { shape: test.inputShape });
      await writeFileAtomic(join(cwd, path), [png]);
      return path;
    }),
  );
}

async function finalAccuracy(cwd: string): Promise<number> {
  const { epochs } = JSON.parse(await readFile(join(cwd, out, 'history.json'), 'utf8')) as {
    epochs: Array<{ testAccuracy: number }>;
  };
  return epochs.at(-1)?.testAccuracy ?? 0;
}

/** Trains LeNet on the shipped images, names a few test images, and leaves a report. Options are those of `zoo train`. */
export async function demo(options: readonly string[], io: CliIo): Promise<number> {
  const started = performance.now();
  const trained = await run(['train', model, '--data', data, '--out', out, '--verbose', ...options], io);
  if (trained !== 0) return trained;
  io.out('\nOne test image of each class, named after what it shows:\n');
  const images = await saveTestImages(io.cwd);
  const predicted = await run(['predict', join(out, 'model.safetensors'), ...images], io);
  if (predicted !== 0) return predicted;
  const accuracy = await finalAccuracy(io.cwd);
  const seconds = Math.round((performance.now() - started) / 1000);
  io.out(`\nDone in ${seconds} s. Open the report: ${pathToFileURL(join(io.cwd, out, 'report.html')).href}\n`);
  if (accuracy >= expectedAccuracy) return 0;
  io.err(`Test accuracy ${accuracy.toFixed(3)} is below the ${expectedAccuracy} that this training should reach.\n`);
  return 1;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exitCode = await demo(process.argv.slice(2), processIo());
}
