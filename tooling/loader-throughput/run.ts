/**
 * pnpm compare:loader [--count 1000] [--rounds 5] [--workers 2,1]: images per second of `DataLoader` beside torch's
 * DataLoader with torchvision's transforms, on the same JPEGs with the same number of workers, in turns. Every round is
 * one epoch with workers that are already running; the batches of both are taken and dropped.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { wasmBackend } from '@zoo/backend-wasm';
import { DataLoader, ImageDataset } from '@zoo/datasets';
import { CenterCrop, Compose, Normalize, Resize, ToTensor } from '@zoo/transforms';
import { makePhotos } from './photos.ts';

const script = fileURLToPath(new URL('../reference/loader_throughput.py', import.meta.url));
const python = process.env['ZOO_PYTHON'] ?? '/usr/bin/python3';

interface Round {
  seconds: number;
  /** Processor time of the process and its workers. */
  cpu: number;
  /** Over all values, to show that both do the same work. */
  mean: number;
}

interface Side {
  round(): Promise<Round>;
  close(): Promise<void>;
}

const batchSize = 32;

async function here(files: readonly string[], workers: number): Promise<Side> {
  const transform = new Compose([
    new Resize(256),
    new CenterCrop(224),
    new ToTensor(),
    new Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
  ]);
  const items = files.map((source, i) => ({ name: source, source, label: i % 10 }));
  const loader = new DataLoader(new ImageDataset({ items, transform }), { batchSize, workers });
  return {
    async round() {
      const [start, cpu] = [performance.now(), process.cpuUsage()];
      let sum = 0;
      let first = true;
      for await (const { inputs, targets } of loader) {
        if (first) {
          for (const value of await inputs.data()) sum += value;
          sum /= inputs.size;
          first = false;
        }
        inputs.dispose();
        targets.dispose();
      }
      const used = process.cpuUsage(cpu);
      return { seconds: (performance.now() - start) / 1000, cpu: (used.user + used.system) / 1e6, mean: sum };
    },
    close: () => loader.close(),
  };
}

/** torch's side in one process, which runs a round for every line that it is sent. */
function torch(folder: string, count: number, workers: number): Side {
  const child = spawn(python, [script, folder, String(count), String(workers), String(batchSize)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async round() {
      child.stdin.write('round\n');
      const { value, done } = await lines.next();
      if (done) throw new Error('The Python side ended early.');
      return JSON.parse(value) as Round;
    },
    async close() {
      child.stdin.end();
      await new Promise((resolve) => child.once('close', resolve));
    },
  };
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
};

function describe(rounds: readonly Round[], count: number): { rate: number; text: string } {
  const rates = rounds.map(({ seconds }) => count / seconds);
  const rate = median(rates);
  const cpu = (median(rounds.map((round) => round.cpu)) * 1000) / count;
  const spread = `${Math.min(...rates).toFixed(0)} .. ${Math.max(...rates).toFixed(0)}`;
  return { rate, text: `${rate.toFixed(0)} images/s (${spread}), ${cpu.toFixed(2)} ms of processor time each` };
}

async function compare(
  { folder, files }: { folder: string; files: readonly string[] },
  { workers, rounds }: { workers: number; rounds: number },
): Promise<void> {
  const count = files.length;
  const [ours, theirs] = [await here(files, workers), torch(folder, count, workers)];
  const results: [Round, Round][] = [];
  try {
    for (let i = -1; i < rounds; i++) {
      const pair: [Round, Round] = [await ours.round(), await theirs.round()];
      if (i >= 0) results.push(pair); // the first starts the workers and fills the caches
      if (Math.abs(pair[0].mean - pair[1].mean) > 1e-4)
        throw new Error(`The first batches differ: mean ${pair[0].mean} here, ${pair[1].mean} by torchvision.`);
    }
  } finally {
    await Promise.all([ours.close(), theirs.close()]);
  }
  const mine = describe(
    results.map(([round]) => round),
    count,
  );
  const other = describe(
    results.map(([, round]) => round),
    count,
  );
  console.log(`${workers} worker${workers === 1 ? '' : 's'}, ${count} JPEGs of 500 x 375, median of ${rounds} rounds`);
  console.log(`  here         ${mine.text}`);
  console.log(`  torchvision  ${other.text}`);
  console.log(`  ratio        ${(mine.rate / other.rate).toFixed(2)}`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '1000' },
      rounds: { type: 'string', default: '5' },
      workers: { type: 'string', default: '2,1' },
    },
  });
  if (spawnSync(python, ['-c', 'import torchvision']).status !== 0) {
    console.log(`skip: ${python} has no torchvision; Debian: apt install python3-torchvision`);
    return;
  }
  await wasmBackend().init();
  const photos = await makePhotos(Number(values.count));
  for (const workers of values.workers.split(',')) {
    await compare(photos, { workers: Number(workers), rounds: Number(values.rounds) });
  }
}

await main();
