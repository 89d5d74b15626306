import { run } from '../process.ts';
import type { Counts } from '../test/counts.ts';

export interface CheckStep {
  name: string;
  command: string[];
}

/** Runs the steps one after another, whatever fails, and prints one line each at the end. */
export async function runSteps(steps: CheckStep[], cwd: string): Promise<Counts> {
  const rows: { name: string; passed: boolean; seconds: number }[] = [];
  for (const { name, command } of steps) {
    console.log(`\n=== ${name}`);
    const start = performance.now();
    const [program = '', ...args] = command;
    const { code } = await run(program, args, { cwd });
    rows.push({ name, passed: code === 0, seconds: (performance.now() - start) / 1000 });
  }
  console.log('\n=== checks');
  for (const { name, passed, seconds } of rows) {
    console.log(`${passed ? 'ok  ' : 'FAIL'} ${name} (${seconds.toFixed(1)} s)`);
  }
  const passed = rows.filter((row) => row.passed).length;
  return { passed, failed: rows.length - passed, skipped: 0 };
}
