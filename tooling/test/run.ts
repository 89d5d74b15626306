/**
 * `pnpm test:run [FILTER...] [--only=PART]`: every test of the workspace; `--further` runs the parts that `.ci/run` adds. The
 * last line is `N passed, N failed, N skipped`.
 */
import { formatCounts } from './counts.ts';
import { furtherParts, testParts } from './parts.ts';
import { runParts } from './run-parts.ts';

const args = process.argv.slice(2);
const only = args.filter((arg) => arg.startsWith('--only=')).map((arg) => arg.slice('--only='.length));
const filters = args.filter((arg) => !arg.startsWith('--'));
const all = args.includes('--further') ? furtherParts() : testParts(filters);
const parts = all.filter(({ name }) => only.length === 0 || only.some((part) => name.includes(part)));

if (parts.length === 0) {
  console.error(`No part is named like ${only.join(', ')}: ${all.map(({ name }) => name).join(', ')}`);
  process.exitCode = 1;
} else {
  const counts = await runParts(parts);
  console.log(`\n${formatCounts(counts)}`);
  process.exitCode = counts.failed > 0 ? 1 : 0;
}
