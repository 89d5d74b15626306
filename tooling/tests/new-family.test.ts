import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { edgeProblems } from '../check/edges.ts';
import { readRules } from '../check/rules.ts';
import { copyTemplate, familyNames, nameProblem, rename } from '../family/copy-template.ts';
import { run } from '../process.ts';
import { bin, readManifest, root } from '../workspace.ts';

describe('names of new families', () => {
  it('come in every form the code needs', () => {
    expect(familyNames('wide-resnet')).toEqual({
      kebab: 'wide-resnet',
      camel: 'wideResnet',
      pascal: 'WideResnet',
      snake: 'wide_resnet',
    });
  });

  it.each(['Vgg', '9net', 'a b', '../x', 'vgg-', 'vgg--x', '', '@zoo/vgg', 'backend-vgg'])('%j is refused', (name) => {
    expect(nameProblem(name, [])).toBeDefined();
  });

  it('must be free', () => {
    expect(nameProblem('lenet', ['lenet'])).toBe('There is a package @zoo/lenet already.');
    expect(nameProblem('vgg', ['lenet'])).toBeUndefined();
  });

  it('replace those of the template, and do not double "net"', () => {
    const code = "import { TemplateNet } from './template.ts';\nexport const template_small = template;";
    expect(rename(code, familyNames('wide-resnet'))).toBe(
      "import { WideResnet } from './wide-resnet.ts';\nexport const wide_resnet_small = wideResnet;",
    );
    expect(rename('TemplateNet', familyNames('vgg'))).toBe('VggNet');
  });
});

describe('a generated family', () => {
  // A workspace of its own, so that neither a run of the other tests nor git ever sees the package.
  const workspace = join(root, '.cache/new-family');
  const dir = join(workspace, 'packages/zz-generated');
  let files: string[] = [];

  beforeAll(() => {
    rmSync(workspace, { recursive: true, force: true });
    for (const folder of ['packages', 'tooling']) mkdirSync(join(workspace, folder), { recursive: true });
    // Not the whole folder: this very test must not be found in there.
    for (const folder of ['tooling/build', 'tooling/vitest']) symlinkSync(join(root, folder), join(workspace, folder));
    files = copyTemplate('zz-generated', dir);
    const include = ['packages/*/src', 'packages/*/tests', 'packages/*/tsup.config.ts'];
    const config = { extends: '../../tooling/tsconfig/base.json', include };
    writeFileSync(join(workspace, 'tsconfig.json'), JSON.stringify(config));
  });
  afterAll(() => rmSync(workspace, { recursive: true, force: true }));

  it('has the files of every family and a publishable manifest', () => {
    for (const file of ['src/zz-generated.ts', 'src/register.ts', 'tests/zz-generated.test.ts', 'README.md']) {
      expect(files).toContain(file);
    }
    const manifest = readManifest(dir);
    expect(manifest).toMatchObject({ name: '@zoo/zz-generated', publishConfig: { access: 'public' } });
    expect(manifest.private).toBeUndefined();
  });

  it('needs no entry in a central list: its edges are those of a family', () => {
    const pkg = { id: 'zz-generated', dir, path: 'packages/zz-generated', manifest: readManifest(dir) };
    expect(edgeProblems(pkg, readRules())).toEqual([]);
  });

  it('does not overwrite a package', () => {
    expect(() => copyTemplate('zz-generated', dir)).toThrow(/exists already/);
  });

  it('compiles', async () => {
    const { code, output } = await run(bin('tsc'), ['-p', workspace], { quiet: true });
    expect(output).toBe('');
    expect(code).toBe(0);
  }, 120_000);

  it('passes its tests', async () => {
    const args = ['run', '--root', workspace, '--config', join(root, 'vitest.config.ts')];
    const { code, output } = await run('timeout', ['100', bin('vitest'), ...args], { quiet: true });
    expect(output).toMatch(/Tests .*passed/);
    expect(output).not.toMatch(/failed/);
    expect(code).toBe(0);
  }, 120_000);
});
