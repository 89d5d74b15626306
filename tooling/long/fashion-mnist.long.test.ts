import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { manualSeed } from '@zoo/core';
import { DataLoader } from '@zoo/datasets';
import { fashionMnist } from '@zoo/datasets/node';
import { type LeNet, lenet_bn, lenet5_relu } from '@zoo/lenet';
import { Adam, CosineAnnealingLR, crossEntropy, Trainer } from '@zoo/train';
import { describe, expect, it } from 'vitest';

const epochs = 10;
const batchSize = 256;
const lr = 0.003;
const debianFolder = '/usr/share/datasets/fashion-mnist';
const script = fileURLToPath(new URL('../reference/train_lenet.py', import.meta.url));

interface Epoch {
  seconds: number;
  testAccuracy: number;
}

/** PyTorch training the same net with the same settings, one thread as here; undefined where it cannot run. */
function pytorch(name: string): Epoch[] | undefined {
  const folder = process.env['ZOO_DATA'] ?? debianFolder;
  if (!existsSync(folder)) return undefined;
  const args = [script, folder, name, String(epochs), String(batchSize), String(lr), '1', '1'];
  const run = spawnSync('/usr/bin/python3', args, { encoding: 'utf8' });
  if (run.status !== 0) return undefined;
  return run.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Epoch);
}

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

// The bars come from PyTorch's 0.8955 and 0.883 with these nets.
const bars: ReadonlyArray<[name: string, create: (options: { seed: number }) => LeNet, accuracy: number]> = [
  ['lenet5_relu', lenet5_relu, 0.885],
  ['lenet_bn', lenet_bn, 0.875],
];

describe('full Fashion-MNIST, 10 epochs', () => {
  it.each(bars)('%s reaches its test accuracy', async (name, create, accuracy) => {
    manualSeed(1);
    const train = new DataLoader(await fashionMnist({ split: 'train' }), { batchSize, shuffle: true, seed: 1 });
    const test = new DataLoader(await fashionMnist({ split: 'test' }), { batchSize: 1000 });
    const model = create({ seed: 1 });
    const optimizer = new Adam(model.parameters(), { lr });
    const schedule = new CosineAnnealingLR(optimizer, { tMax: epochs * train.numBatches, every: 'step' });
    const trainer = new Trainer({ model, optimizer, schedule, loss: crossEntropy });
    const history = await trainer.fit(train, { epochs, validation: test });
    const peer = pytorch(name);
    for (const [i, epoch] of history.epochs.entries()) {
      const beside = peer?.[i]
        ? `   PyTorch, 1 thread ${peer[i].seconds.toFixed(1)} s, ${peer[i].testAccuracy.toFixed(4)}`
        : '';
      console.log(
        `${name} epoch ${epoch.epoch}: ${epoch.seconds.toFixed(1)} s, test accuracy ${epoch.testAccuracy?.toFixed(4)}${beside}`,
      );
    }
    const seconds = median(history.epochs.map((epoch) => epoch.seconds));
    const ratio = peer
      ? `${(seconds / median(peer.map((epoch) => epoch.seconds))).toFixed(2)} x PyTorch`
      : 'PyTorch not run: tooling/setup/debian.sh installs it';
    console.log(
      `${name}: median epoch ${seconds.toFixed(1)} s (${ratio}), final test accuracy ${history.last?.testAccuracy?.toFixed(4)}`,
    );
    expect(history.last?.testAccuracy).toBeGreaterThanOrEqual(accuracy);
    model.dispose();
  });
});
