/**
 * `pnpm check [STEP...] [--skip=STEP]`: every check of the workspace, one after another. All run even if one fails; the
 * summary says which did.
 */
import { type CheckStep, runSteps } from './check/steps.ts';
import { formatCounts } from './test/counts.ts';
import { bin, root } from './workspace.ts';

const pnpm = (name: string) => ({ name, command: [bin('pnpm'), '--silent', 'run', `check:${name}`] });
const steps: CheckStep[] = [
  pnpm('format'),
  pnpm('lint'),
  pnpm('types'),
  pnpm('edges'),
  pnpm('unused'),
  { name: 'build', command: [bin('pnpm'), '--silent', 'run', 'build'] },
  pnpm('packages'),
  pnpm('size'),
  pnpm('browser'),
  { name: 'tests', command: [bin('pnpm'), '--silent', 'run', 'test:run'] },
];

const args = process.argv.slice(2);
const skipped = args.filter((arg) => arg.startsWith('--skip=')).map((arg) => arg.slice('--skip='.length));
const wanted = args.filter((arg) => !arg.startsWith('--skip='));
const unknown = [...skipped, ...wanted].filter((name) => !steps.some((step) => step.name === name));

if (unknown.length > 0) {
  console.error(`Unknown step ${unknown.join(', ')}. Steps: ${steps.map(({ name }) => name).join(', ')}`);
  process.exitCode = 1;
} else {
  const chosen = steps.filter(({ name }) => !skipped.includes(name) && (wanted.length === 0 || wanted.includes(name)));
  const counts = await runSteps(chosen, root);
  console.log(`\n${formatCounts(counts)}`);
  process.exitCode = counts.failed > 0 ? 1 : 0;
}
