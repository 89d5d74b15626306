/** `pnpm size:update`: sets every size limit to a fifth above what `pnpm build` produced. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './process.ts';
import { bin, root } from './workspace.ts';

// The exit code is of no interest here: it says that old limits were passed.
const { output } = await run(bin('size-limit'), ['--json'], { cwd: root, quiet: true });
const start = output.indexOf('[\n  {'); // esbuild's warnings come before it
if (start < 0) throw new Error(`size-limit measured nothing:\n${output}`);
const sizes = JSON.parse(output.slice(start)) as { name: string; size: number }[];
const limits = Object.fromEntries(
  sizes.map(({ name, size }) => [name, `${Math.max(0.5, Math.ceil((size * 1.2) / 100) / 10)} kB`]),
);
writeFileSync(join(root, 'tooling/size-limits.json'), `${JSON.stringify({ otherwise: '15 kB', limits }, null, 2)}\n`);
console.log(limits);
