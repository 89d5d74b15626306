import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from './process.ts';
import { bin, root, type WorkspacePackage } from './workspace.ts';

export interface PackedPackage {
  pkg: WorkspacePackage;
  tarball: string;
}

/** Packs built packages as they would be published (`workspace:^` replaced by versions) into `folder`, emptied first. */
export async function packAll(packages: WorkspacePackage[], folder: string): Promise<PackedPackage[]> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const packed: PackedPackage[] = [];
  for (const pkg of packages) {
    if (!existsSync(join(pkg.dir, 'dist'))) throw new Error(`${pkg.path} is not built; run: pnpm build`);
    const before = new Set(readdirSync(folder));
    await mustRun(bin('pnpm'), ['pack', '--pack-destination', folder], { cwd: pkg.dir, quiet: true });
    const tarball = readdirSync(folder).find((file) => !before.has(file));
    if (!tarball) throw new Error(`pnpm pack left no tarball for ${pkg.path}`);
    packed.push({ pkg, tarball: join(folder, tarball) });
  }
  return packed;
}

/** Where `check:packages` and the packed-package tests keep tarballs. */
export const tarballs = join(root, '.cache/tarballs');
