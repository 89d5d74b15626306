/**
 * Peak memory of extracting features to disk, for 1,000, 3,000 and 10,000 images of 96x96x3 that are made as they are asked for:
 * `npx tsx --conditions=@zoo/source tooling/transfer-compare/memory.ts`. Fails when 10,000 take a tenth more than 3,000.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { chooseBackend, createRng } from '@zoo/core';
import type { Dataset } from '@zoo/datasets';
import { resnet18_d2l } from '@zoo/resnet';
import { extractFeatures } from '@zoo/transfer/node';
import { backendRegistry } from '../backends.ts';
import { run } from '../process.ts';

const size = 96;
const pixels = size * size * 3;

const noise = (length: number): Dataset => ({
  length,
  inputShape: [size, size, 3],
  batch: (indices) => {
    const rng = createRng(indices[0]!);
    const inputs = Float32Array.from({ length: indices.length * pixels }, () => rng.uniform());
    return {
      inputs: tf.tensor4d(inputs, [indices.length, size, size, 3]),
      targets: tf.zeros([indices.length], 'int32'),
    };
  },
  describe: () => ({ name: 'noise', length, inputShape: [size, size, 3] }),
});

/** Extracts and prints the peak of this process's resident memory, in MB. */
async function measure(length: number): Promise<void> {
  await chooseBackend({ registry: backendRegistry(), only: 'wasm' });
  const net = resnet18_d2l({ inChannels: 3, channels: [4, 8, 16, 256], seed: 1 });
  const dir = mkdtempSync(join(tmpdir(), 'zoo-memory-'));
  try {
    await extractFeatures(net, noise(length), { dir, taps: ['b5'], pool: 'none', batchSize: 50, shardRows: 500 });
  } finally {
    rmSync(dir, { recursive: true });
  }
  console.log(Math.round(process.resourceUsage().maxRSS / 1024));
}

const [, script = '', given] = process.argv;
if (given) await measure(Number(given));
else {
  const peaks: number[] = [];
  for (const length of [1000, 3000, 10000]) {
    const node = ['--import', 'tsx', '--conditions=@zoo/source', fileURLToPath(import.meta.url), String(length)];
    const { code, output } = await run(process.execPath, node, { quiet: true });
    if (code !== 0) throw new Error(`${script}: ${output}`);
    peaks.push(Number(output.trim()));
    console.log(`${length} images: peak ${peaks.at(-1)} MB`);
  }
  process.exitCode = peaks[2]! > 1.1 * peaks[1]! ? 1 : 0;
}
