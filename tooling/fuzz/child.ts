/** One target in a process of its own: `child.ts TARGET RUNS SEED`. Tells its parent each case, then the tally. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuBackend } from '@zoo/backend-cpu';
import { fuzzTarget } from './fuzz-target.ts';
import { targets } from './targets.ts';

const [name = '', runs = '0', seed = '1'] = process.argv.slice(2);
const target = targets.find((each) => each.name === name)!;
const tell = (message: object): void => void process.send?.(message);
console.warn = () => {}; // notices of files that were left out

const folder = await mkdtemp(join(tmpdir(), 'zoo-fuzz-'));
try {
  await cpuBackend().init();
  const onCase = (current: string) => tell({ current });
  tell({ tally: await fuzzTarget(target, { runs: Number(runs), seed: Number(seed), folder, onCase }) });
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.disconnect?.();
