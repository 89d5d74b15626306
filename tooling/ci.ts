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

/** A run of tests. Every part prints a summary line of its own; the last line is their sum. */
async function runTests(name: string, command: string, args: string[]): Promise<void> {
  console.log(`\n=== ${name}`);
  const { code, output } = await run(command, args, { cwd: root });
  const lastLine = output.trimEnd().split('\n').at(-1) ?? '';
  counts = addCounts(counts, settle(code, parseSummaryLines(lastLine)));
}

await runTests('npm test', 'npm', ['test', '--silent']);
await runTests('further tests', bin('pnpm'), ['--silent', 'run', 'test:run', '--further']);

counts = addCounts(counts, await runSteps([pnpm('release', '--dry-run')], root));

const left = await status();
if (left !== before) {
  console.error(`The run changed the working tree:\n${left}`);
  counts = addCounts(counts, { passed: 0, failed: 1, skipped: 0 });
}
console.log(`\n${formatCounts(counts)}`);
process.exitCode = counts.failed > 0 ? 1 : 0;
