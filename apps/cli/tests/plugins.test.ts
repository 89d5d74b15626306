import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { temporaryFolder, zoo } from './test-io.ts';

const cwd = await temporaryFolder();

async function install(name: string, manifest: object, code: string, at = cwd): Promise<void> {
  const folder = join(at, 'node_modules', name);
  await mkdir(folder, { recursive: true });
  const base = { name, version: '1.0.0', type: 'module', exports: { '.': { types: './x.d.ts', import: './main.js' } } };
  await writeFile(join(folder, 'package.json'), JSON.stringify({ ...base, ...manifest }));
  await writeFile(join(folder, 'main.js'), code);
}

/** What the project in a folder says that it needs. */
const depend = (manifest: object, at = cwd) => writeFile(join(at, 'package.json'), JSON.stringify(manifest));

/** Code of a plug-in with one model. */
const plugin = (name: string, model: string): string =>
  `export const plugin = { name: '${name}', models: { ${model}: () => ({ parameters: () => [{ size: 7 }] }) } };`;

const pluginsOf = (out: string): Array<{ package: string; origin: string; failure?: string }> =>
  JSON.parse(out).plugins.filter(({ origin }: { origin: string }) => origin !== 'built-in');

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
await install('zoo-plugin-stray', { keywords }, 'globalThis.strayPluginRan = true;');
await depend({
  dependencies: { 'zoo-plugin-tiny': '1', '@zoo/lenet': '1', unrelated: '1', '../unrelated': '1', missing: '1' },
  devDependencies: { '@someone/zoo-plugin-broken': '1', 'zoo-plugin-empty': '1' },
  peerDependencies: { 'zoo-plugin-clash': '1' },
});

it('finds plug-ins by their keyword among the dependencies of the project', async () => {
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
  expect(pluginsOf(out)).toEqual([
    { package: '@someone/zoo-plugin-broken', origin: 'installed', failure: 'it needs a newer engine' },
    { package: 'zoo-plugin-clash', origin: 'installed', failure: expect.stringContaining("'lenet5'") },
    { package: 'zoo-plugin-empty', origin: 'installed', failure: expect.stringContaining('exports no plug-in object') },
    { package: 'zoo-plugin-tiny', origin: 'installed' },
    { package: 'zoo-plugin-stray', origin: 'not run', failure: expect.stringContaining('package.json') },
  ]);
  expect(JSON.parse(out).problems).toContain(
    'Plug-in @someone/zoo-plugin-broken was left out: it needs a newer engine.',
  );
});

describe('a package that the project does not name', () => {
  afterEach(() => {
    expect(globalThis).not.toHaveProperty('strayPluginRan');
  });

  it.each(['list', 'doctor', 'summary lenet5'])('is not run by zoo %s', async (command) => {
    expect((await zoo(command.split(' '), { cwd })).code).toBe(0);
  });

  it('is not run where there is no package.json, or that of another folder names it', async () => {
    const bare = await temporaryFolder();
    await install('zoo-plugin-stray', { keywords }, 'globalThis.strayPluginRan = true;', bare);
    expect((await zoo(['list'], { cwd: bare })).code).toBe(0);
    await depend({ dependencies: { 'zoo-plugin-stray': '1' } }, bare);
    await mkdir(join(bare, 'inner'));
    await depend({}, join(bare, 'inner'));
    expect((await zoo(['list'], { cwd: join(bare, 'inner') })).code).toBe(0);
  });

  it.skipIf(process.platform === 'win32')('is not run for a package.json where everybody may write', async () => {
    const shared = await temporaryFolder();
    await install('zoo-plugin-stray', { keywords }, 'globalThis.strayPluginRan = true;', shared);
    await depend({ dependencies: { 'zoo-plugin-stray': '1' } }, shared);
    await mkdir(join(shared, 'mine'));
    await chmod(shared, 0o1777);
    for (const folder of [shared, join(shared, 'mine')]) expect((await zoo(['list'], { cwd: folder })).code).toBe(0);
  });
});

describe('a plug-in that the user names', async () => {
  const bare = await temporaryFolder();
  await install('zoo-plugin-a', {}, plugin('a', 'named_a'), bare);
  await install('zoo-plugin-b', {}, plugin('b', 'named_b'), bare);
  await writeFile(join(bare, 'own.mjs'), plugin('own', 'named_own'));
  const models = async (argv: readonly string[], env = {}) => {
    const { code, out } = await zoo(['list', 'named_*', '--json', ...argv], { cwd: bare, env });
    return code === 0 ? JSON.parse(out).models.map(({ name }: { name: string }) => name) : [];
  };

  it('is run: a package, a folder, a file, several of them', async () => {
    expect(await models([])).toEqual([]);
    expect(await models(['--plugin', 'zoo-plugin-a', '--plugin', './own.mjs'])).toEqual(['named_a', 'named_own']);
    expect(await models(['--plugin', './node_modules/zoo-plugin-b'])).toEqual(['named_b']);
    expect(await models([], { ZOO_PLUGINS: `zoo-plugin-b, ${join(bare, 'own.mjs')}` })).toEqual([
      'named_b',
      'named_own',
    ]);
    const { out } = await zoo(['doctor', '--json', '--plugin', 'zoo-plugin-a'], { cwd: bare });
    expect(pluginsOf(out)).toEqual([{ package: 'zoo-plugin-a', origin: 'named' }]);
  });

  it('is the only one with --no-plugins', async () => {
    await depend({ dependencies: { 'zoo-plugin-tiny': '1' } });
    expect((await zoo(['list', 'tiny*', '--no-plugins'], { cwd })).code).toBe(2);
    const env = { ZOO_PLUGINS: 'zoo-plugin-b' };
    expect(await models(['--no-plugins', '--plugin', 'zoo-plugin-a'], env)).toEqual(['named_a']);
  });

  it('must be there and must work', async () => {
    const missing = await zoo(['list', '--plugin', 'zoo-plugin-missing'], { cwd: bare });
    expect(missing).toMatchObject({
      code: 2,
      err: expect.stringContaining("There is no plug-in 'zoo-plugin-missing'"),
    });
    const escaping = await zoo(['list', '--plugin', '../zoo-plugin-a/../../x'], { cwd: bare });
    expect(escaping).toMatchObject({
      code: 1,
      err: expect.stringContaining("'../zoo-plugin-a/../../x' cannot be used"),
    });
    const broken = await zoo(['list', '--plugin', '@someone/zoo-plugin-broken'], { cwd });
    expect(broken).toMatchObject({ code: 1, err: expect.stringContaining('it needs a newer engine') });
  });
});

describe('a package whose entry lies outside of it', async () => {
  const own = await temporaryFolder();
  const outside = 'globalThis.outsideRan = true;';
  await writeFile(join(own, 'outside.mjs'), outside);
  await install('zoo-plugin-exports', { keywords, exports: '../../outside.mjs' }, '', own);
  await install('zoo-plugin-main', { keywords, exports: null, main: '../../outside.mjs' }, '', own);
  await install('zoo-plugin-link', { keywords, exports: './link.mjs' }, '', own);
  await symlink(join(own, 'outside.mjs'), join(own, 'node_modules/zoo-plugin-link/link.mjs'));
  // As pnpm installs: the package's own folder is a link.
  await install('zoo-plugin-pnpm', { keywords }, plugin('pnpm', 'pnpm_net'), join(own, 'node_modules/.pnpm'));
  await symlink(
    join(own, 'node_modules/.pnpm/node_modules/zoo-plugin-pnpm'),
    join(own, 'node_modules/zoo-plugin-pnpm'),
    'junction',
  );
  const names = ['zoo-plugin-exports', 'zoo-plugin-link', 'zoo-plugin-main', 'zoo-plugin-pnpm'];
  await depend({ dependencies: Object.fromEntries(names.map((name) => [name, '1'])) }, own);

  it('is left out, and its folder may be a link', async () => {
    const { out } = await zoo(['doctor', '--json'], { cwd: own });
    const failure = expect.stringContaining('which lies outside of the package');
    expect(pluginsOf(out)).toEqual([
      ...names.slice(0, 3).map((name) => ({ package: name, origin: 'installed', failure })),
      { package: 'zoo-plugin-pnpm', origin: 'installed' },
    ]);
    expect(globalThis).not.toHaveProperty('outsideRan');
  });
});
