// pnpm compare:transforms [--count 200] [--seed 0]: random pipelines on JPEGs, here and by torchvision on PIL images.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createRng } from '@zoo/core';
import { CenterCrop, Compose, drawOperations, fromDescription, Resize } from '@zoo/transforms';
import { decodeImage } from '@zoo/transforms/node';
import { randomPipeline } from './pipelines.ts';

const script = fileURLToPath(new URL('../reference/compare_transforms.py', import.meta.url));

const python = process.env['ZOO_PYTHON'] ?? '/usr/bin/python3';

const reference = (...args: string[]): string =>
  execFileSync(python, [script, ...args], { encoding: 'utf8', maxBuffer: 2 ** 26 });

interface Result {
  name: string;
  error?: string;
  max?: number;
  differing?: number;
  values?: number;
}

async function writeCases(folder: string, count: number, seed: number): Promise<Map<string, string>> {
  const files = readdirSync(folder).filter((name) => /^\d+\.jpg$/.test(name));
  const kinds = new Map<string, string>();
  const cases: object[] = [];
  for (let i = 0; i < count; i++) {
    const rng = createRng(seed + i);
    const file = files[i % files.length]!;
    const channels = i % 7 === 6 ? 1 : 3;
    const image = await decodeImage(join(folder, file), { channels });
    const { kind, transform } = randomPipeline(rng, channels);
    const state = rng.state();
    const steps = drawOperations(transform, image, rng);
    // What runs is the pipeline rebuilt from its description, with the same random numbers.
    const rebuilt = await fromDescription(JSON.parse(JSON.stringify(transform.describe())));
    rng.setState(state);
    const result = rebuilt.apply(image, rng);
    const name = `${String(i).padStart(3, '0')} ${kind} ${file}: ${steps.map(({ op }) => op).join(' ') || 'nothing'}`;
    writeFileSync(join(folder, `${i}.raw`), result.data);
    const shape = [result.height, result.width, result.channels];
    cases.push({ name, file, channels, steps, shape, result: `${i}.raw` });
    kinds.set(name, kind);
  }
  writeFileSync(join(folder, 'cases.json'), JSON.stringify(cases));
  return kinds;
}

async function perSecond(work: () => unknown, seconds: number): Promise<number> {
  for (let i = 0; i < 20; i++) await work();
  const start = performance.now();
  let count = 0;
  while (performance.now() - start < seconds * 1000) {
    await work();
    count++;
  }
  return (count * 1000) / (performance.now() - start);
}

async function printSpeed(folder: string): Promise<void> {
  const path = join(folder, 'speed.jpg');
  const transform = new Compose([new Resize(256), new CenterCrop(224)]);
  const image = await decodeImage(path);
  const ours = {
    decoded: await perSecond(async () => transform.apply(await decodeImage(path)), 3),
    transform: await perSecond(() => transform.apply(image), 3),
  };
  const theirs = JSON.parse(reference('time', folder, '3')) as typeof ours;
  console.log('Resize(256) + CenterCrop(224) of 500 x 375, images per second on one thread, not judged:');
  console.log(`  transform alone   here ${ours.transform.toFixed(0)}, PIL ${theirs.transform.toFixed(0)}`);
  console.log(`  with JPEG decode  here ${ours.decoded.toFixed(0)}, PIL ${theirs.decoded.toFixed(0)}`);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { count: { type: 'string', default: '200' }, seed: { type: 'string', default: '0' } },
  });
  const count = Number(values.count);
  if (spawnSync(python, ['-c', 'import torchvision']).status !== 0) {
    console.log(`skip: ${python} has no torchvision; Debian: apt install python3-torchvision`);
    console.log(`0 passed, 0 failed, ${count} skipped`);
    return 0;
  }
  const folder = mkdtempSync(join(tmpdir(), 'zoo-transforms-'));
  try {
    reference('make', folder);
    const kinds = await writeCases(folder, count, Number(values.seed));
    let passed = 0;
    for (const line of reference('compare', folder).trim().split('\n')) {
      const { name, error, max = Number.POSITIVE_INFINITY, differing, values: all } = JSON.parse(line) as Result;
      const limit = kinds.get(name) === 'geometric' ? 0 : 1;
      if (!error && max <= limit) passed++;
      else console.log(`FAIL ${name}  ${error ?? `differs by ${max} in ${differing} of ${all} values`}`);
      if (!error && max > 0 && max <= limit)
        console.log(`near ${name}  differs by ${max} in ${differing} of ${all} values`);
    }
    await printSpeed(folder);
    console.log(`${passed} passed, ${count - passed} failed, 0 skipped`);
    return passed === count ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
