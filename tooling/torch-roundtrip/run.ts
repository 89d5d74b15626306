/**
 * `pnpm test:torch [MODEL ...]`: PyTorch saves random torchvision models, this library loads them, compares outputs and
 * saves them again, PyTorch loads that with strict=True and must compute what it did before.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { chooseBackend, type Module } from '@zoo/core';
import { loadModel, saveSafetensors } from '@zoo/weights/node';
import { backendRegistry } from '../backends.ts';
import { familyRegistry } from '../families.ts';
import { run } from '../process.ts';

type Format = 'zip' | 'legacy' | 'safetensors';

const python = process.env['ZOO_PYTHON'] ?? '/usr/bin/python3';
const script = fileURLToPath(new URL('../reference/torch_roundtrip.py', import.meta.url));

/** One or two per family; all the others by name. Sizes are small, but large enough for every layer. */
const usual = ['alexnet', 'vgg11_bn', 'googlenet', 'inception_v3', 'resnet18', 'resnet50', 'densenet121'];
const sizeOf = (model: string): number => (model === 'inception_v3' ? 107 : 64);

/** Files of hundreds of megabytes go once, the others in every format. */
const formatsOf = (model: string): Format[] =>
  /^(alexnet|vgg)/.test(model) ? ['zip'] : ['zip', 'legacy', 'safetensors'];

const tolerance = 1e-4;

const floats = (path: string): Float32Array => {
  const bytes = readFileSync(path);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
};

function relativeError(actual: Float32Array, expected: Float32Array): number {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += (actual[i]! - expected[i]!) ** 2;
    norm += expected[i]! ** 2;
  }
  return actual.length === expected.length ? Math.sqrt(difference / norm) : Number.POSITIVE_INFINITY;
}

async function predict(net: Module, image: Float32Array, size: number): Promise<Float32Array> {
  const output = tf.tidy(() => net.predict(tf.transpose(tf.tensor(image, [1, 3, size, size]), [0, 2, 3, 1])));
  const values = (await output.data()) as Float32Array;
  output.dispose();
  return values;
}

/** What went wrong, or undefined. */
async function roundTrip(model: string, format: Format, folder: string): Promise<string | undefined> {
  const size = sizeOf(model);
  const made = await run(python, [script, 'make', model, `${size}`, format, folder], { quiet: true });
  if (made.code !== 0) return `PyTorch could not make it: ${made.output.trim().split('\n').at(-1)}`;
  const file = join(folder, format === 'safetensors' ? 'weights.safetensors' : 'weights.pth');
  const net = (await loadModel(familyRegistry(), model, { weights: file })) as Module;
  net.eval();
  const actual = await predict(net, floats(join(folder, 'input.bin')), size);
  const error = relativeError(actual, floats(join(folder, 'output.bin')));
  await saveSafetensors(join(folder, 'back.safetensors'), await net.stateDict());
  net.dispose();
  if (!(error < tolerance)) return `outputs differ by ${error.toExponential(2)} of their norm`;
  const { code, output } = await run(python, [script, 'check', model, folder], { quiet: true });
  if (code !== 0) return `back in PyTorch: ${output.trim().split('\n').at(-1)}`;
  console.log(`ok   ${model} ${format}: outputs within ${error.toExponential(2)}, equal again in PyTorch`);
  return undefined;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { backend: { type: 'string', default: 'wasm' } },
    allowPositionals: true,
  });
  const registered = familyRegistry().listModels();
  const known = await run(python, [script, 'models'], { quiet: true });
  if (known.code !== 0) {
    const reason = known.output.trim().split('\n').at(-1);
    console.log(`skip: ${python} has no PyTorch with torchvision (${reason}); Debian: apt install python3-torchvision`);
    const required = process.env['CI'] === 'true';
    console.log(`0 passed, ${required ? 1 : 0} failed, ${required ? 0 : 1} skipped`);
    return required ? 1 : 0;
  }
  const torchvision = known.output.split('\n');
  const wanted = positionals.length > 0 ? positionals : usual.filter((name) => registered.includes(name));
  await chooseBackend({ registry: backendRegistry(), only: values.backend });
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const model of wanted) {
    if (!torchvision.includes(model)) {
      console.log(`skip ${model}: this torchvision does not have it`);
      counts.skipped++;
      continue;
    }
    for (const format of formatsOf(model)) {
      const folder = mkdtempSync(join(tmpdir(), 'zoo-torch-'));
      const problem = await roundTrip(model, format, folder).catch((error: Error) => error.message);
      rmSync(folder, { recursive: true });
      if (problem === undefined) counts.passed++;
      else {
        counts.failed++;
        console.log(`FAIL ${model} ${format}: ${problem}`);
      }
    }
  }
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  return counts.failed > 0 || counts.passed + counts.skipped === 0 ? 1 : 0;
}

process.exitCode = await main();
