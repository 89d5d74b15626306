/**
 * `pnpm compare:transfer`: a LeNet learns eight classes of Fashion-MNIST here; then this library and PyTorch, from the same
 * weights, train heads for the other two classes on the features of the same 200 images, and test them on all test images
 * of the two. Fails when the mean accuracies differ by more than one point.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chooseBackend, createRng, type Module } from '@zoo/core';
import { DataLoader, subset, TensorDataset } from '@zoo/datasets';
import { fashionMnist, fashionMnistMini } from '@zoo/datasets/node';
import { lenet_bn } from '@zoo/lenet';
import { Adam, CosineAnnealingLR, crossEntropy, Trainer } from '@zoo/train';
import { extractFeatures, linearHead, logisticRegression, trainHead } from '@zoo/transfer';
import { saveSafetensors } from '@zoo/weights/node';
import { backendRegistry } from '../backends.ts';
import { run } from '../process.ts';

const python = process.env['ZOO_PYTHON'] ?? '/usr/bin/python3';
const script = fileURLToPath(new URL('../reference/compare_transfer.py', import.meta.url));
const perClass = 100;
const head = { epochs: 60, batchSize: 32, lr: 1e-2 };
const tolerance = 0.01;

/** The images of `classes`, labelled by their place in that list. */
function ofClasses(data: TensorDataset, classes: readonly number[]): TensorDataset {
  const kept = Array.from(data.labels!.keys()).filter((i) => classes.includes(data.labels![i]!));
  const inputs = new Uint8Array(kept.length * 784);
  const source = data.inputs as Uint8Array;
  for (const [to, from] of kept.entries()) inputs.set(source.subarray(from * 784, (from + 1) * 784), to * 784);
  const targets = Int32Array.from(kept, (i) => classes.indexOf(data.labels![i]!));
  const classNames = classes.map((label) => data.classNames![label]!);
  return new TensorDataset({ inputs, inputShape: [28, 28, 1], targets, classNames });
}

/** `perClass` images of each class, by seed. */
function draw(data: TensorDataset, seed: number): number[] {
  const order = Array.from(createRng(seed).permutation(data.length));
  return [0, 1].flatMap((label) => order.filter((i) => data.labels![i] === label).slice(0, perClass));
}

async function openData(): Promise<{ train: TensorDataset; test: TensorDataset; full: boolean }> {
  try {
    const [train, test] = [
      await fashionMnist({ split: 'train', download: false }),
      await fashionMnist({ split: 'test', download: false }),
    ];
    return { train, test, full: true };
  } catch {
    console.log('The full Fashion-MNIST is not here: the shipped part has to do.');
    return {
      train: await fashionMnistMini({ split: 'train' }),
      test: await fashionMnistMini({ split: 'test' }),
      full: false,
    };
  }
}

async function trainBackbone(data: TensorDataset, epochs: number): Promise<Module & ReturnType<typeof lenet_bn>> {
  const net = lenet_bn({ numClasses: 8, seed: 1 });
  const optimizer = new Adam(net.parameters(), { lr: 3e-3 });
  const source = new DataLoader(data, { batchSize: 128, shuffle: true, seed: 1 });
  const schedule = new CosineAnnealingLR(optimizer, { tMax: epochs * source.numBatches, every: 'step' });
  const trainer = new Trainer({ model: net, optimizer, schedule, loss: crossEntropy });
  const { last } = await trainer.fit(source, { epochs });
  trainer.dispose();
  console.log(`backbone: ${data.length} images of eight classes, training accuracy ${percent(last!.trainAccuracy!)}`);
  return net.eval();
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

async function accuracyOf(net: Module, data: Parameters<typeof trainHead>[1]): Promise<number> {
  const trainer = new Trainer({ model: net, optimizer: new Adam(net.parameters()), loss: crossEntropy });
  const source = new DataLoader('dataset' in data ? data.dataset() : data, { batchSize: 500 });
  const { accuracy } = await trainer.evaluate(source);
  trainer.dispose();
  return accuracy!;
}

interface Accuracies {
  adam: number;
  lbfgs: number;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      backend: { type: 'string', default: 'wasm' },
      classes: { type: 'string', default: '2,4' },
      seeds: { type: 'string', default: '5' },
      epochs: { type: 'string', default: '' },
    },
  });
  const found = await run(python, ['-c', 'import torch'], { quiet: true });
  if (found.code !== 0) {
    console.log(`skip: ${python} has no PyTorch; Debian: apt install python3-torch`);
    return process.env['CI'] === 'true' ? 1 : 0;
  }
  await chooseBackend({ registry: backendRegistry(), only: values.backend });
  const pair = values.classes.split(',').map(Number);
  const eight = Array.from({ length: 10 }, (_, i) => i).filter((label) => !pair.includes(label));
  const { train, test, full } = await openData();
  const net = await trainBackbone(ofClasses(train, eight), Number(values.epochs || (full ? 2 : 20)));
  const [poolOfTwo, testOfTwo] = [ofClasses(train, pair), ofClasses(test, pair)];
  const seeds = Array.from({ length: Number(values.seeds) }, (_, i) => i + 1);
  const draws = seeds.map((seed) => draw(poolOfTwo, seed));

  const folder = mkdtempSync(join(tmpdir(), 'zoo-transfer-'));
  try {
    await saveSafetensors(join(folder, 'backbone.safetensors'), await net.stateDict());
    for (const [name, data] of [
      ['train', poolOfTwo],
      ['test', testOfTwo],
    ] as const) {
      writeFileSync(join(folder, `${name}.bin`), data.inputs as Uint8Array);
      writeFileSync(join(folder, `${name}-labels.bin`), Uint8Array.from(data.labels!));
    }
    writeFileSync(join(folder, 'draws.json'), JSON.stringify({ seeds, draws, ...head }));

    const testFeatures = await extractFeatures(net, testOfTwo, { batchSize: 250 });
    const ours: Accuracies[] = [];
    for (const [i, seed] of seeds.entries()) {
      const features = await extractFeatures(net, subset(poolOfTwo, draws[i]!), { batchSize: 250 });
      const linear = linearHead({ inFeatures: net.numFeatures, numClasses: 2, seed });
      await trainHead(linear, features, { ...head, seed });
      const exact = await logisticRegression({ maxIterations: 500, tolerance: 1e-9 }).fit(features);
      ours.push({ adam: await accuracyOf(linear, testFeatures), lbfgs: await accuracyOf(exact, testFeatures) });
    }
    const { code, output } = await run(python, [script, folder], { quiet: true });
    if (code !== 0) throw new Error(`PyTorch failed: ${output}`);
    const torch = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Accuracies);

    console.log(
      `\n${pair.map((label) => train.classNames![label]).join(' or ')}: heads on features of ${2 * perClass} images, tested on ${testOfTwo.length}`,
    );
    console.log('seed      Adam: here   PyTorch     L-BFGS: here   PyTorch');
    for (const [i, seed] of seeds.entries()) {
      const cells = [ours[i]!.adam, torch[i]!.adam, ours[i]!.lbfgs, torch[i]!.lbfgs].map((v) => percent(v).padStart(9));
      console.log(`${String(seed).padEnd(9)} ${cells[0]} ${cells[1]}       ${cells[2]} ${cells[3]}`);
    }
    let worst = 0;
    for (const kind of ['adam', 'lbfgs'] as const) {
      const [here, there] = [mean(ours.map((a) => a[kind])), mean(torch.map((a) => a[kind]))];
      worst = Math.max(worst, Math.abs(here - there));
      console.log(
        `mean ${kind.padEnd(5)} ${percent(here)} here, ${percent(there)} in PyTorch, ${(100 * (here - there)).toFixed(2)} points`,
      );
    }
    return worst <= tolerance ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

process.exitCode = await main();
