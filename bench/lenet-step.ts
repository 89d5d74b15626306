// pnpm bench [--backend NAME] [--batch N] [--json FILE]: one LeNet training step beside PyTorch's, one thread each, in
// interleaved rounds. Prints medians and their ratio.
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { chooseBackend, createRng, valueAndGrads } from '@zoo/core';
import { lenet5_relu } from '@zoo/lenet';
import { crossEntropy, SGD } from '@zoo/train';
import { backendRegistry } from '../tooling/backends.ts';

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'wasm' },
    batch: { type: 'string', default: '256' },
    rounds: { type: 'string', default: '9' },
    json: { type: 'string' },
  },
});
const batch = Number(values.batch);
const steps = 5;

interface Peer {
  version: string;
  round(): Promise<number>;
  stop(): void;
}

/** PyTorch in a child process; undefined where python3 has no torch. */
async function startPyTorch(): Promise<Peer | undefined> {
  const script = fileURLToPath(new URL('lenet_step.py', import.meta.url));
  const child: ChildProcess = spawn('/usr/bin/python3', [script, String(batch), String(steps)], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const first = await lines.next();
  if (first.done) return undefined;
  return {
    version: first.value,
    async round() {
      child.stdin!.write('go\n');
      return Number((await lines.next()).value);
    },
    stop: () => child.stdin!.end(),
  };
}

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
const spread = (numbers: readonly number[]): string =>
  `${Math.min(...numbers).toFixed(1)}-${Math.max(...numbers).toFixed(1)}`;

await chooseBackend({ registry: backendRegistry(), only: values.backend });
const net = lenet5_relu({ seed: 1 });
const optimizer = new SGD(net.parameters(), { lr: 0.1 });
const rng = createRng(1);
const x = tf.tensor4d(
  Float32Array.from({ length: batch * 784 }, () => rng.uniform()),
  [batch, 28, 28, 1],
);
const y = tf.tensor1d(
  Int32Array.from({ length: batch }, () => rng.int(10)),
  'int32',
);

async function ours(): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < steps; i++) {
    const { value, grads } = valueAndGrads(() => crossEntropy(net.call(x), y), net.trainableParameters());
    optimizer.step(grads);
    if (i === steps - 1) await value.data();
    tf.dispose([value, ...grads.values()]);
  }
  return (performance.now() - start) / steps;
}

const peer = await startPyTorch();
await ours();
const times: { ours: number[]; pytorch: number[] } = { ours: [], pytorch: [] };
for (let round = 0; round < Number(values.rounds); round++) {
  times.ours.push(await ours());
  if (peer) times.pytorch.push(await peer.round());
}
peer?.stop();

const result = {
  net: 'lenet5_relu',
  batch,
  backend: values.backend,
  cpu: cpus()[0]?.model,
  node: process.version,
  pytorch: peer?.version,
  milliseconds: { ours: median(times.ours), ...(peer && { pytorch: median(times.pytorch) }) },
  ...(peer && { ratio: median(times.ours) / median(times.pytorch) }),
};
console.log(`LeNet (ReLU) training step, batch ${batch}, ${result.cpu}, Node ${result.node}, one thread each`);
console.log(`  @zoo on ${values.backend}   median ${result.milliseconds.ours.toFixed(1)} ms (${spread(times.ours)})`);
if (peer) {
  console.log(`  PyTorch ${peer.version}  median ${median(times.pytorch).toFixed(1)} ms (${spread(times.pytorch)})`);
  console.log(`  ratio ${result.ratio!.toFixed(2)}`);
} else console.log('  PyTorch not found: tooling/setup/debian.sh installs it, and only a ratio means anything');
if (values.json) writeFileSync(values.json, `${JSON.stringify({ ...result, rounds: times }, null, 2)}\n`);
