import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PackedPackage } from '../pack.ts';
import { mustRun } from '../process.ts';

export interface ConsumerOptions {
  packed: PackedPackage[];
  /** Further dependencies, by name. */
  dependencies?: Record<string, string>;
}

/** Lets `use` work in an empty folder outside the workspace into which npm has installed the tarballs. */
export async function withConsumer(
  { packed, dependencies = {} }: ConsumerOptions,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'zoo-consumer-'));
  try {
    const tarballOf = Object.fromEntries(packed.map(({ pkg, tarball }) => [pkg.manifest.name, `file:${tarball}`]));
    const manifest = {
      name: 'consumer',
      private: true,
      type: 'module',
      dependencies: { '@tensorflow/tfjs-core': '4.22.0', ...dependencies, ...tarballOf },
    };
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
    const args = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
    await mustRun('npm', args, { cwd: folder, quiet: true });
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
