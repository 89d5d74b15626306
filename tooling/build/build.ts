/**
 * `pnpm build [NAME...]`: JavaScript by tsup for every package that has a `tsup.config.ts`, declarations by one compiler
 * run, then a check that `exports` and files agree. Packages whose inputs did not change are left as they are
 * (`--force` builds them too).
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Options, build as tsup } from 'tsup';
import { mustRun } from '../process.ts';
import { root, sourceFiles, type WorkspacePackage, workspacePackages } from '../workspace.ts';
import { copyDeclarations, emitDeclarations } from './declarations.ts';
import { exportProblems } from './exports-check.ts';

function inputHash(pkg: WorkspacePackage): string {
  const hash = createHash('sha256');
  const shared = ['tooling/build/define-package.ts', 'pnpm-lock.yaml'].map((path) => join(root, path));
  const own = ['package.json', 'tsup.config.ts'].map((path) => join(pkg.dir, path));
  for (const file of [...shared, ...own, ...sourceFiles(join(pkg.dir, 'src'), [''])]) {
    hash.update(file).update('\0').update(readFileSync(file));
  }
  return hash.digest('hex');
}

async function buildScripts(pkg: WorkspacePackage, force: boolean): Promise<{ entries: string[]; built: boolean }> {
  const module: unknown = await import(pathToFileURL(join(pkg.dir, 'tsup.config.ts')).href);
  const config = (module as { default: Options }).default;
  const entries = Array.isArray(config.entry) ? config.entry : Object.values(config.entry ?? {});
  const stamp = join(root, '.cache/build/stamps', pkg.id);
  const hash = inputHash(pkg);
  if (!force && existsSync(join(pkg.dir, 'dist')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) {
    return { entries, built: false };
  }
  process.chdir(pkg.dir); // tsup takes its entries and output folder from here
  await tsup({
    ...config,
    config: false,
    silent: true,
    esbuildOptions(options, context) {
      options.absWorkingDir = pkg.dir; // esbuild remembers the folder it was loaded in
      config.esbuildOptions?.(options, context);
    },
  });
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, hash);
  return { entries, built: true };
}

async function main(args: string[]): Promise<void> {
  const force = args.includes('--force');
  const names = args.filter((arg) => !arg.startsWith('--'));
  const unknown = args.filter((arg) => arg.startsWith('--') && arg !== '--force');
  if (unknown.length > 0)
    throw new Error(`Unknown option ${unknown.join(', ')}. Usage: pnpm build [--force] [NAME...]`);
  const all = workspacePackages().filter((pkg) => existsSync(join(pkg.dir, 'tsup.config.ts')));
  const packages = names.length === 0 ? all : all.filter((pkg) => names.includes(pkg.id));
  if (packages.length < names.length) {
    throw new Error(`No such package among ${all.map((pkg) => pkg.id).join(', ')}: ${names.join(', ')}`);
  }

  const start = performance.now();
  if (force || !existsSync(join(root, 'packages/core/generated/tfjs-gradients.js'))) {
    await mustRun(process.execPath, [join(root, 'tooling/build/bundle-gradients.mjs')]);
  }
  // What fails in one package does not keep the others from being built.
  const problems: string[] = [];
  const attempt = async (title: string, task: () => Promise<void>) => {
    await task().catch((error: Error) => problems.push(`${title}: ${error.message}`));
  };
  const entriesOf = new Map<string, string[]>();
  let rebuilt = 0;
  for (const pkg of packages) {
    await attempt(pkg.path, async () => {
      const { entries, built } = await buildScripts(pkg, force);
      entriesOf.set(pkg.id, entries);
      if (built) rebuilt++;
    });
  }
  process.chdir(root);
  await attempt('declarations', emitDeclarations);
  for (const pkg of packages) {
    copyDeclarations(pkg);
    for (const problem of exportProblems(pkg.dir, pkg.manifest, entriesOf.get(pkg.id) ?? [])) {
      problems.push(`${pkg.path}: ${problem}`);
    }
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`Built ${rebuilt} of ${packages.length} packages in ${seconds} s (the others were up to date).`);
  if (problems.length > 0) throw new Error(`The build is not complete:\n${problems.join('\n')}`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
