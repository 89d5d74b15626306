/**
 * Gives damaged and hostile files to every reader: each loads or is refused with a ZooError, within ten times what a good
 * file of its size costs.
 *
 *   tsx tooling/fuzz/run.ts [TARGET...] [--runs N] [--seed N]
 *
 * --runs is the number of random mutations of all targets together, 10,000 unless given; the cases made by hand come on top.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Tally } from './fuzz-target.ts';
import { targets } from './targets.ts';

/** No case gets near it; one that does not end is stopped. */
const patienceMs = 120_000;

const { values, positionals } = parseArgs({
  options: { runs: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' } },
  allowPositionals: true,
});
const unknown = positionals.find((name) => !targets.some((target) => target.name === name));
if (unknown) {
  console.error(`Unknown target '${unknown}'. Targets: ${targets.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}
const chosen = targets.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const shares = chosen.reduce((sum, { share }) => sum + share, 0);

const failedTally = (failure: string): Tally => ({
  files: 1,
  loaded: 0,
  refused: 0,
  slowestMs: 0,
  largestGrowth: 0,
  failures: [failure],
});

function runTarget(name: string, runs: number): Promise<Tally> {
  return new Promise((resolve) => {
    const child = fork(fileURLToPath(new URL('./child.ts', import.meta.url)), [name, `${runs}`, values.seed]);
    let current = 'start';
    let tally: Tally | undefined;
    let stuck = false;
    const stop = (): void => {
      stuck = true;
      child.kill('SIGKILL');
    };
    let watch = setTimeout(stop, patienceMs);
    child.on('message', (message: { current?: string; tally?: Tally }) => {
      clearTimeout(watch);
      watch = setTimeout(stop, patienceMs);
      current = message.current ?? current;
      tally = message.tally ?? tally;
    });
    child.on('close', (code, signal) => {
      clearTimeout(watch);
      const end = stuck ? `did not end within ${patienceMs / 1000} s` : `ended the process (${signal ?? code})`;
      resolve(tally ?? failedTally(`${current}: ${end}`));
    });
  });
}

let [passed, failed] = [0, 0];
const row = (name: string, cells: readonly (string | number)[]): string =>
  name.padEnd(14) + cells.map((cell) => `${cell}`.padStart(10)).join('');
console.log(row('reader', ['files', 'refused', 'loaded', 'ms of CPU', 'MB', 'failed']));
for (const { name, share } of chosen) {
  const runs = Math.ceil((Number(values.runs) * share) / shares);
  const { files, refused, loaded, slowestMs, largestGrowth, failures } = await runTarget(name, runs);
  const worst = [slowestMs.toFixed(0), (largestGrowth / 2 ** 20).toFixed(0)];
  console.log(row(name, [files, refused, loaded, ...worst, failures.length]));
  for (const failure of failures.slice(0, 10)) console.log(`  ${failure.split('\n').slice(0, 4).join('\n    ')}`);
  passed += files - failures.length;
  failed += failures.length;
}
console.log(`${Math.max(0, passed)} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
