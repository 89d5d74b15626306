/** `pnpm test:run [FILTER...]`: every test of the workspace; its last line is `N passed, N failed, N skipped`. */
import { formatCounts } from './counts.ts';
import { testParts } from './parts.ts';
import { runParts } from './run-parts.ts';

const args = process.argv.slice(2);
const only = args.filter((arg) => arg.startsWith('--only=')).map((arg) => arg.slice('--only='.length));
const filters = args.filter((arg) => !arg.startsWith('--only='));
const parts = testParts(filters).filter(({ name }) => only.length === 0 || only.some((part) => name.includes(part)));

if (parts.length === 0) {
  console.error(
    `No part is named like ${only.join(', ')}: ${testParts()
      .map(({ name }) => name)
      .join(', ')}`,
  );
  process.exitCode = 1;
} else {
  const counts = await runParts(parts);
  console.log(`\n${formatCounts(counts)}`);
  process.exitCode = counts.failed > 0 ? 1 : 0;
}
