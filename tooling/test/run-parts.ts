import { run } from '../process.ts';
import { root } from '../workspace.ts';
import { addCounts, type Counts, formatCounts, none, settle } from './counts.ts';
import type { TestPart } from './parts.ts';
import { missing } from './prerequisites.ts';

/**
 * Runs the parts one after another with live output, then prints a table, then their sum. A part whose prerequisites
 * are missing is skipped, or fails where they are required.
 */
export async function runParts(parts: TestPart[]): Promise<Counts> {
  const rows: { name: string; counts: Counts; seconds: number; note: string }[] = [];
  for (const part of parts) {
    console.log(`\n=== ${part.name}`);
    const start = performance.now();
    const absent = (part.needs ?? []).map(missing).filter((reason) => reason !== undefined);
    if (absent.length > 0) {
      const failed = absent.some(({ required }) => required);
      const note = absent.map(({ reason, enable }) => `${reason}; to enable it: ${enable}`).join(', ');
      console.log(`${failed ? 'FAILED' : 'skipped'}: ${note}`);
      rows.push({ name: part.name, counts: { ...none, [failed ? 'failed' : 'skipped']: 1 }, seconds: 0, note });
      continue;
    }
    const [command = '', ...args] = part.command;
    const { code, output } = await run(command, args, { cwd: root, ...(part.env ? { env: part.env } : {}) });
    const counts = settle(code, part.parse(output));
    rows.push({ name: part.name, counts, seconds: (performance.now() - start) / 1000, note: '' });
  }

  console.log('\n=== summary');
  const width = Math.max(...rows.map(({ name }) => name.length));
  for (const { name, counts, seconds, note } of rows) {
    console.log(`${name.padEnd(width)}  ${formatCounts(counts)} in ${seconds.toFixed(0)} s${note ? ` (${note})` : ''}`);
  }
  return rows.map(({ counts }) => counts).reduce(addCounts, none);
}
