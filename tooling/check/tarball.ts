import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import type { PackedPackage } from '../pack.ts';
import { mustRun, run } from '../process.ts';
import { bin, readManifest, root } from '../workspace.ts';

/** What publint (strict) and attw (ESM consumers) say against a tarball. */
export async function tarballProblems({ pkg, tarball }: PackedPackage): Promise<string[]> {
  const problems: string[] = [];
  const listing = await mustRun('tar', ['-tzf', tarball], { quiet: true });
  for (const file of ['package/README.md', 'package/LICENSE']) {
    if (!listing.split('\n').includes(file)) problems.push(`the tarball has no ${file.slice('package/'.length)}`);
  }

  const bytes = new Uint8Array(readFileSync(tarball));
  const { messages } = await publint({ pack: { tarball: bytes.buffer }, strict: true });
  const manifest = readManifest(pkg.dir) as unknown as Record<string, unknown>;
  for (const message of messages) problems.push(`publint: ${formatMessage(message, manifest) ?? message.code}`);

  const attw = await run(
    bin('attw'),
    [tarball, '--profile', 'esm-only', '--no-color', '--no-emoji', '--no-summary', '-f', 'table-flipped'],
    {
      cwd: root,
      quiet: true,
    },
  );
  if (attw.code !== 0) problems.push(`attw:\n${attw.output}`);
  return problems;
}

export function tarballName({ tarball }: PackedPackage): string {
  return basename(tarball);
}
