/** What `.ci/run` does once everything is installed: libtensorflow's addon, the checks, the tests (once) and a rehearsed release. */
import { type CheckStep, runSteps } from './check/steps.ts';
import { mustRun, run } from './process.ts';
import { addCounts, formatCounts, parseSummaryLines, settle } from './test/counts.ts';
import { bin, root } from './workspace.ts';

const pnpm = (name: string, ...args: string[]): CheckStep => ({
  name: [name, ...args].join(' '),
  command: [bin('pnpm'), '--silent', 'run', name, ...args],
});

const addon = await runSteps([pnpm('build:tfjs-node')], root);

const status = () => mustRun('git', ['status', '--porcelain'], { cwd: root, quiet: true });
const before = await status();
const checks = await run(bin('pnpm'), ['--silent', 'run', 'check', '--skip=tests'], { cwd: root });
let counts = addCounts(addon, settle(checks.code, parseSummaryLines(checks.output)));

console.log('\n=== npm test');
const tests = await run('npm', ['test', '--silent'], { cwd: root });
// Every part prints a summary line of its own; the last one is their sum.
const lastLine = tests.output.trimEnd().split('\n').at(-1) ?? '';
counts = addCounts(counts, settle(tests.code, parseSummaryLines(lastLine)));

counts = addCounts(counts, await runSteps([pnpm('release', '--dry-run')], root));

const left = await status();
if (left !== before) {
  console.error(`The run changed the working tree:\n${left}`);
  counts = addCounts(counts, { passed: 0, failed: 1, skipped: 0 });
}
console.log(`\n${formatCounts(counts)}`);
process.exitCode = counts.failed > 0 ? 1 : 0;
