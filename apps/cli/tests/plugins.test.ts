import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder, zoo } from './test-io.ts';

const cwd = await temporaryFolder();

async function install(name: string, manifest: object, code: string): Promise<void> {
  const folder = join(cwd, 'node_modules', name);
  await mkdir(folder, { recursive: true });
  const base = { name, version: '1.0.0', type: 'module', exports: { '.': { types: './x.d.ts', import: './main.js' } } };
  await writeFile(join(folder, 'package.json'), JSON.stringify({ ...base, ...manifest }));
  await writeFile(join(folder, 'main.js'), code);
}

const keywords = ['zoo-plugin'];
await install(
  'zoo-plugin-tiny',
  { keywords },
  `export const version = '1';
   export const tiny = { name: 'zoo-plugin-tiny', models: { tiny_net: () => ({ parameters: () => [{ size: 7 }] }) } };
   export default tiny;`,
);
await install('@someone/zoo-plugin-broken', { keywords }, 'throw new Error("it needs a newer engine")');
await install('zoo-plugin-empty', { keywords }, 'export const nothing = 1;');
await install(
  'zoo-plugin-clash',
  { keywords },
  "export const clash = { name: 'clash', models: { lenet5: () => null } };",
);
await install('unrelated', { keywords: ['other'] }, 'throw new Error("must not be imported")');
await install('@zoo/lenet', { keywords }, 'throw new Error("the built-in copy serves")');

it('finds installed plug-ins by their keyword', async () => {
  const { code, out } = await zoo(['list', 'tiny*', '--json'], { cwd });
  expect(code).toBe(0);
  expect(JSON.parse(out).models).toEqual([{ name: 'tiny_net', plugin: 'zoo-plugin-tiny', parameters: 7 }]);
});

it('finds them from a folder below', async () => {
  await mkdir(join(cwd, 'a/b'), { recursive: true });
  expect((await zoo(['list', 'tiny*'], { cwd: join(cwd, 'a/b') })).code).toBe(0);
});

it('reports those that fail and goes on without them', async () => {
  const { code, out } = await zoo(['doctor', '--json'], { cwd });
  expect(code).toBe(0);
  const { plugins, problems } = JSON.parse(out);
  const installed = plugins.filter((plugin: { origin: string }) => plugin.origin === 'installed');
  expect(installed).toEqual([
    { package: '@someone/zoo-plugin-broken', origin: 'installed', failure: 'it needs a newer engine' },
    { package: 'zoo-plugin-clash', origin: 'installed', failure: expect.stringContaining("'lenet5'") },
    { package: 'zoo-plugin-empty', origin: 'installed', failure: expect.stringContaining('exports no plug-in object') },
    { package: 'zoo-plugin-tiny', origin: 'installed' },
  ]);
  expect(problems).toContain('Plug-in @someone/zoo-plugin-broken was left out: it needs a newer engine.');
});
