import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../process.ts';
import { root } from '../workspace.ts';

function bootstrap(nodeVersion: string, ...args: string[]) {
  const pretend = `Object.defineProperty(process.versions, 'node', { value: '${nodeVersion}' })`;
  const preload = `data:text/javascript,${encodeURIComponent(pretend)}`;
  return run(process.execPath, ['--import', preload, join(root, 'tooling/bootstrap.mjs'), ...args], { quiet: true });
}

describe('bootstrap', () => {
  it.each(['18.20.0', '20.18.9'])('says that Node %s is too old, before it installs anything', async (version) => {
    const { code, output } = await bootstrap(version, 'test');
    expect(output).toBe(`Node ${version} is too old: this workspace needs Node 20.19 or newer (https://nodejs.org).\n`);
    expect(code).toBe(1);
  });

  it.each(['20.19.0', '24.0.0'])('accepts Node %s and then asks for a task', async (version) => {
    const { code, output } = await bootstrap(version);
    expect(output).toMatch(/^Usage: node tooling\/bootstrap\.mjs demo\|test/);
    expect(code).toBe(1);
  });
});
