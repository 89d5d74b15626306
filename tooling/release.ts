/**
 * `pnpm release [--dry-run]`: versions all packages from the changesets, builds and packs them, checks the tarballs and
 * publishes. A dry run does all but publish, in a copy of the working tree, so that nothing here changes.
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun, run } from './process.ts';
import { bin, publicPackages, root } from './workspace.ts';

/** Copies every file git knows or would add, and installs there (from pnpm's store: a few seconds). */
async function copyWorkspace(target: string): Promise<void> {
  const listing = await mustRun('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    quiet: true,
  });
  for (const path of listing.split('\0').filter((file) => file !== '' && existsSync(join(root, file)))) {
    cpSync(join(root, path), join(target, path), { recursive: true });
  }
  // Changesets asks git what changed since the base branch.
  await mustRun('git', ['init', '-q', '-b', 'main'], { cwd: target });
  await mustRun(bin('pnpm'), ['install', '--frozen-lockfile', '--prefer-offline', '--reporter=silent'], {
    cwd: target,
  });
}

function changelogHead(dir: string): string {
  const path = join(dir, 'CHANGELOG.md');
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, 8).join('\n') : '';
}

/** Versions, builds, packs and checks the workspace in `dir`. */
async function prepare(dir: string): Promise<void> {
  const step = async (title: string, command: string, ...args: string[]) => {
    console.log(`--- ${title}`);
    await mustRun(command, args, { cwd: dir });
  };
  const tool = (name: string) => join(dir, 'node_modules/.bin', name);
  await step('version', tool('changeset'), 'version');
  await step('build', tool('tsx'), 'tooling/build/build.ts', '--force');
  await step('pack and check', tool('tsx'), 'tooling/check-packages.ts');
}

function report(dir: string, verb: string): void {
  const packages = publicPackages(dir);
  console.log(`\n${verb} ${packages.length} packages:`);
  for (const { manifest } of packages) console.log(`  ${manifest.name}@${manifest.version}`);
  const first = packages[0];
  if (first) console.log(`\nChangelog of ${first.manifest.name}:\n${changelogHead(first.dir)}`);
}

async function dryRun(): Promise<void> {
  const copy = mkdtempSync(join(tmpdir(), 'zoo-release-'));
  try {
    await copyWorkspace(copy);
    await prepare(copy);
    report(copy, 'Would publish');
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

async function release(): Promise<void> {
  const { output } = await run('git', ['status', '--porcelain'], { cwd: root, quiet: true });
  if (output.trim() !== '') throw new Error('The working tree has changes; commit them before a release.');
  await prepare(root);
  await mustRun(bin('pnpm'), ['publish', '-r', '--access', 'public', '--no-git-checks'], { cwd: root });
  report(root, 'Published');
  console.log('\nNow commit the versions and changelogs, and tag them: changeset tag');
}

const args = process.argv.slice(2);
const unknown = args.filter((arg) => arg !== '--dry-run');
try {
  if (unknown.length > 0) throw new Error(`Unknown option ${unknown.join(', ')}. Usage: pnpm release [--dry-run]`);
  await (args.includes('--dry-run') ? dryRun() : release());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
