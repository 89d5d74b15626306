/** `pnpm new:family NAME`: a compiling, tested package `packages/NAME` made from `tooling/template-family`. */
import { join } from 'node:path';
import { copyTemplate, nameProblem } from './family/copy-template.ts';
import { mustRun } from './process.ts';
import { bin, root, workspacePackages } from './workspace.ts';

async function main(args: string[]): Promise<void> {
  const [name, ...rest] = args;
  if (!name || name.startsWith('-') || rest.length > 0) throw new Error('Usage: pnpm new:family NAME');
  const problem = nameProblem(
    name,
    workspacePackages().map(({ id }) => id),
  );
  if (problem) throw new Error(problem);
  const target = join(root, 'packages', name);
  for (const file of copyTemplate(name, target)) console.log(`packages/${name}/${file}`);
  // The names may have changed the order of imports and the length of lines.
  await mustRun(bin('biome'), ['check', '--write', `packages/${name}`], { cwd: root, quiet: true });
  await mustRun(bin('pnpm'), ['install', '--prefer-offline', '--reporter=silent'], { cwd: root });
  console.log(`
Next:
  1. Describe the net in packages/${name}/src (blocks, ${name}.ts, variants).
  2. pnpm test:unit packages/${name}    says what the contract still misses
  3. pnpm check
  4. pnpm changeset`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
