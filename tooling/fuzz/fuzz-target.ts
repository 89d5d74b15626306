import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createRng, isZooError } from '@zoo/core';
import { type Cost, ceilingOf, costOf, exceeds } from './cost.ts';
import { mutateFiles } from './mutate.ts';
import type { Files, FuzzTarget } from './target.ts';

/** What came out of all cases of one target. */
export interface Tally {
  files: number;
  loaded: number;
  refused: number;
  slowestMs: number;
  largestGrowth: number;
  /** What went wrong, each with what finds the case again. */
  failures: string[];
}

export interface FuzzOptions {
  /** Random mutations; the cases made by hand come on top. */
  runs: number;
  seed: number;
  /** Scratch folder, emptied for every case. */
  folder: string;
  /** Told before each case, so that a watcher knows which one does not end. */
  onCase(name: string): void;
}

/** A message is read by people, on a terminal. */
const longestMessage = 4000;

async function lay(folder: string, files: Files): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
}

/** Reads one case. Returns what it costs and how it ended; a failure is what a reader must never do. */
async function readOnce(target: FuzzTarget, folder: string, files: Files) {
  await lay(folder, files);
  let outcome = 'loaded' as 'loaded' | 'refused';
  let failure: string | undefined;
  const cost = await costOf(async () => {
    try {
      await target.read(folder, files);
    } catch (error) {
      outcome = 'refused';
      if (!isZooError(error)) failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
      else if (error.message.length > longestMessage) failure = `a message of ${error.message.length} characters`;
    }
  });
  return { outcome, failure, cost };
}

/** The cheaper of two readings: a collection of garbage may fall into either. */
async function costOfGood(target: FuzzTarget, folder: string, files: Files): Promise<Cost> {
  const readings = [];
  for (let n = 0; n < 2; n++) {
    const { outcome, failure, cost } = await readOnce(target, folder, files);
    if (failure || outcome === 'refused') throw new Error(`${target.name}: a good file is refused: ${failure ?? ''}`);
    readings.push(cost);
  }
  return {
    cpuMs: Math.min(...readings.map(({ cpuMs }) => cpuMs)),
    growth: Math.max(...readings.map(({ growth }) => growth)),
  };
}

const builtIns = () => [Object.prototype, Array.prototype].map((proto) => Object.getOwnPropertyNames(proto).join());

/** Runs `runs` random mutations and all cases made by hand against one reader. */
export async function fuzzTarget(target: FuzzTarget, options: FuzzOptions): Promise<Tally> {
  const { runs, seed, onCase } = options;
  const folder = join(options.folder, 'case');
  const rng = createRng(seed);
  const before = builtIns();
  const tally: Tally = { files: 0, loaded: 0, refused: 0, slowestMs: 0, largestGrowth: 0, failures: [] };

  const check = async (name: string, files: Files, ceiling: Cost): Promise<void> => {
    onCase(name);
    let { outcome, failure, cost } = await readOnce(target, folder, files);
    // Once more, when nothing is compiled or collected along the way any longer.
    if (!failure && exceeds(cost, ceiling)) ({ outcome, failure, cost } = await readOnce(target, folder, files));
    tally.files++;
    tally[outcome]++;
    tally.slowestMs = Math.max(tally.slowestMs, cost.cpuMs);
    tally.largestGrowth = Math.max(tally.largestGrowth, cost.growth);
    if (failure) tally.failures.push(`${name}: ${failure}`);
    else if (exceeds(cost, ceiling)) {
      const said = ({ cpuMs, growth }: Cost) => `${cpuMs.toFixed(0)} ms of CPU and ${(growth / 2 ** 20).toFixed(0)} MB`;
      tally.failures.push(`${name}: took ${said(cost)}, a good file of that size gets ${said(ceiling)}`);
    }
  };

  const samples = await target.samples(options.folder);
  const ceilings: Cost[] = [];
  for (const sample of samples) ceilings.push(ceilingOf(await costOfGood(target, folder, sample)));
  for (let run = 0; run < runs; run++) {
    const sample = samples[run % samples.length]!;
    const other = samples[rng.int(samples.length)]!;
    const own = target.mutate && rng.int(2) === 0;
    const files = own ? target.mutate!(sample, rng) : mutateFiles(sample, other, rng);
    await check(`mutation ${run} of seed ${seed}`, files, ceilings[run % samples.length]!);
  }
  for (const { kind, files, like } of target.hostile()) {
    onCase(kind);
    const good = like ? ceilingOf(await costOfGood(target, folder, await like)) : ceilings[0]!;
    await check(kind, await files, good);
  }
  // Where every change is refused, or none, the run tests nothing.
  if (runs >= 200 && (tally.loaded === 0 || tally.refused === 0)) {
    tally.failures.push(`${tally.loaded} files loaded and ${tally.refused} were refused`);
  }
  if (builtIns().join() !== before.join()) tally.failures.push('a reader changed Object.prototype or Array.prototype');
  return tally;
}
