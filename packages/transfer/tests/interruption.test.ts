import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRng } from '@zoo/core';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openFeatureStore } from '../src/node.ts';

const images = 320;
const kills = 10;

let folder: string;
let script: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zoo-kill-'));
  script = join(folder, 'extraction-process.mjs');
  // In one file the process starts four times as fast as from sources.
  await build({
    entryPoints: [fileURLToPath(new URL('./extraction-process.ts', import.meta.url))],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@zoo/source'],
    external: ['#platform', '#worker'],
    banner: { js: "import { createRequire as from } from 'node:module'; const require = from(import.meta.url);" },
    logLevel: 'error',
  });
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

interface Kill {
  /** Batches that the process has done. */
  batches: number;
  /** Milliseconds after the last of them. */
  delay: number;
}

/** Runs an extraction, and kills it at some moment if that is given. Tells how it ended. */
function extraction(dir: string, kill?: Kill) {
  const child = spawn(process.execPath, [script, dir, String(images), kill ? '20' : '0']);
  let output = '';
  let errors = '';
  child.stdout.on('data', (text) => {
    output += text;
    if (kill && output.length > kill.batches) setTimeout(() => child.kill('SIGKILL'), kill.delay);
  });
  child.stderr.on('data', (text) => {
    errors += text;
  });
  return new Promise<{ killed: boolean; errors: string }>((resolve) =>
    child.on('exit', (_code, signal) => resolve({ killed: signal === 'SIGKILL', errors })),
  );
}

const contents = async (dir: string) =>
  new Map(
    await Promise.all(
      (await readdir(dir)).sort().map(async (name) => [name, await readFile(join(dir, name))] as const),
    ),
  );

it(`killed ${kills} times, a store ends up as one that was never interrupted, byte for byte`, async () => {
  const [whole, killed] = [join(folder, 'whole'), join(folder, 'killed')];
  expect(await extraction(whole)).toEqual({ killed: false, errors: '' });
  const rng = createRng(4);
  let progress = 0;
  for (let i = 0; i < kills; i++) {
    // Far fewer batches than there are, so that every run is killed.
    const end = await extraction(killed, { batches: rng.int(12), delay: rng.int(20) });
    expect(end).toEqual({ killed: true, errors: '' });
    progress = Math.max(progress, (await readdir(killed).catch(() => [])).length);
  }
  expect(progress).toBeGreaterThan(2); // kills fell into the middle of the work
  expect(await extraction(killed)).toEqual({ killed: false, errors: '' });
  const [expected, actual] = [await contents(whole), await contents(killed)];
  expect([...actual.keys()]).toEqual([...expected.keys()]);
  for (const [name, bytes] of expected) expect(actual.get(name)!.equals(bytes), name).toBe(true);
  const store = await openFeatureStore(killed);
  expect(Array.from(store.examples)).toEqual(Array.from({ length: images }, (_, i) => i));
}, 120_000);
