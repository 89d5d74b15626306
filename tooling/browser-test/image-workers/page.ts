// Images made on the page go through a DataLoader with and without web workers; the test reads what comes out.
import { cpuBackend } from '@zoo/backend-cpu';
import { createRng } from '@zoo/core';
import { DataLoader } from '@zoo/datasets';
import { imageFiles } from '@zoo/datasets/browser';
import { Compose, customTransform, Normalize, RandomResizedCrop, Resize, ToTensor } from '@zoo/transforms';

async function picture(number: number): Promise<File> {
  const rng = createRng(number);
  const canvas = new OffscreenCanvas(40 + number, 30);
  const context = canvas.getContext('2d')!;
  for (let i = 0; i < 20; i++) {
    context.fillStyle = `rgb(${rng.int(256)} ${rng.int(256)} ${rng.int(256)})`;
    context.fillRect(rng.int(40), rng.int(30), rng.int(30), rng.int(20));
  }
  return new File([await canvas.convertToBlob()], `${number}.png`);
}

/** Transforms of a page's own, which web workers import from its address. */
const own = URL.createObjectURL(
  new Blob(
    [
      `export const throws = () => ({ apply(image) { if (image.width === 41) throw new TypeError('no pixels'); return image; } });
       export const hangs = () => ({ apply(image) { while (typeof window === 'undefined'); return image; } });`,
    ],
    { type: 'text/javascript' },
  ),
);

/** How a loop ends whose transform throws, or never returns in a worker. */
async function failure(name: 'throws' | 'hangs', workers: number): Promise<object> {
  const transform = new Compose([await customTransform(own, { export: name }), new Resize([8, 8]), new ToTensor()]);
  const images = imageFiles([await picture(0), await picture(1)], { transform, onBadFile: 'skip' });
  const loader = new DataLoader(images, { batchSize: 2, workers, timeout: 5 });
  try {
    for await (const { inputs, targets } of loader) {
      inputs.dispose();
      targets.dispose();
    }
    return { message: 'none' };
  } catch (error) {
    const { code, message, cause } = error as Error & { code: string };
    return { code, message, cause: String(cause) };
  } finally {
    await loader.close();
  }
}

async function run(): Promise<object> {
  await cpuBackend().init();
  const failures = [await failure('throws', 0), await failure('throws', 1), await failure('hangs', 1)];
  const files: (File | string)[] = [];
  for (let i = 0; i < 7; i++) files.push(await picture(i));
  files.push(URL.createObjectURL(await picture(7)), new File(['no image'], 'notes.txt'));
  const transform = new Compose([
    new RandomResizedCrop(16),
    new ToTensor(),
    new Normalize([0.5, 0.4, 0.3], [0.2, 0.3, 0.4]),
  ]);
  const batches: Record<number, number[][]> = {};
  let skipped: string[] = [];
  for (const workers of [0, 2]) {
    const labels = files.map((_, i) => ['cat', 'dog'][i % 2]!);
    const images = imageFiles(files, { transform, labels, onBadFile: 'skip', seed: 4 });
    const loader = new DataLoader(images, { batchSize: 4, shuffle: true, workers });
    batches[workers] = [];
    for await (const { inputs, targets } of loader) {
      batches[workers].push([...(await inputs.data()), ...(await targets.data())]);
      inputs.dispose();
      targets.dispose();
    }
    await loader.close();
    skipped = images.skipped.map(({ error }) => error.message);
  }
  const { crossOriginIsolated } = globalThis;
  return { failures, lengths: batches[0]!.map(({ length }) => length), batches, skipped, crossOriginIsolated };
}

declare global {
  interface Window {
    result: Promise<object>;
  }
}

window.result = run();
