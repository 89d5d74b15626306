/**
 * `pnpm test:packages`: installs the packed packages into an empty folder, as a user would, and there runs the READMEs'
 * examples in this Node and in Node 24, imports every entry point, starts every command, and type-checks a consumer.
 */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PackedPackage, packAll, tarballs } from '../pack.ts';
import { mustRun, run } from '../process.ts';
import { type Counts, formatCounts } from '../test/counts.ts';
import { bin, publicPackages, root } from '../workspace.ts';
import { withConsumer } from './consumer-folder.ts';
import { readmeExamples } from './examples.ts';
import { currentNode, type NodeRuntime, nodeTwentyFour } from './node-versions.ts';

const counts: Counts = { passed: 0, failed: 0, skipped: 0 };

async function check(
  name: string,
  command: string,
  args: string[],
  options: { cwd: string; env?: Record<string, string> },
) {
  const start = performance.now();
  const { code, output } = await run('timeout', ['180', command, ...args], { ...options, quiet: true });
  counts[code === 0 ? 'passed' : 'failed']++;
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)`);
  if (code !== 0) console.log(output.replace(/^/gm, '     '));
}

/** Every importable entry point of the packages: `@zoo/train`, `@zoo/train/node`, ... */
function entryPoints(packed: PackedPackage[]): string[] {
  return packed.flatMap(({ pkg }) =>
    Object.keys(pkg.manifest.exports ?? {})
      .filter((key) => key !== './package.json' && key !== './bin' && !key.includes('*'))
      .map((key) => `${pkg.manifest.name}${key.slice(1)}`),
  );
}

async function runIn(node: NodeRuntime, packed: PackedPackage[], folder: string): Promise<void> {
  const options = { cwd: folder, env: { ZOO_BACKEND: process.env['ZOO_BACKEND'] ?? 'wasm', CI: 'true' } };
  // What needs a test runner around it can only be type-checked here.
  const importable = packed.filter(({ pkg }) => !pkg.manifest.peerDependencies?.['vitest']);
  const imports = entryPoints(importable).map((entry) => `await import('${entry}');`);
  writeFileSync(join(folder, 'imports.js'), imports.join('\n'));
  await check(`${node.version}: imports ${imports.length} entry points`, node.path, ['imports.js'], options);
  for (const { pkg } of packed) {
    for (const [name, target] of Object.entries(pkg.manifest.bin ?? {})) {
      const path = join('node_modules', pkg.manifest.name, target);
      await check(`${node.version}: ${name} --help`, node.path, [path, '--help'], options);
    }
  }
  for (const [index, { name, source, code }] of readmeExamples(packed.map(({ pkg }) => pkg)).entries()) {
    const own = join(folder, 'examples', node.version, String(index)); // examples may write files of their own
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, 'example.js'), code);
    await check(`${node.version}: ${source}: ${name}`, node.path, ['example.js'], { ...options, cwd: own });
  }
}

async function typeCheck(packed: PackedPackage[], folder: string): Promise<void> {
  const namespaces = entryPoints(packed).map((entry, index) => `export * as entry${index} from '${entry}';`);
  writeFileSync(join(folder, 'entries.ts'), `${namespaces.join('\n')}\n`);
  cpSync(join(root, 'tooling/pack-test/consumer.ts'), join(folder, 'consumer.ts'));
  const compilerOptions = {
    target: 'ES2022',
    lib: ['ES2022', 'DOM', 'DOM.Iterable', 'ESNext.Disposable'],
    module: 'NodeNext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    noEmit: true,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
  };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: ['consumer.ts', 'entries.ts'] }),
  );
  await check('a TypeScript consumer compiles', bin('tsc'), ['-p', folder], { cwd: folder });
}

async function testIn(folder: string, packed: PackedPackage[]): Promise<void> {
  await typeCheck(packed, folder);
  await runIn(currentNode(), packed, folder);
  const newer = await nodeTwentyFour();
  if (typeof newer !== 'string') {
    await runIn(newer, packed, folder);
  } else {
    console.log(`${process.env['CI'] ? 'FAIL' : 'skip'} Node 24: ${newer}`);
    counts[process.env['CI'] ? 'failed' : 'skipped']++;
  }
}

try {
  await mustRun(bin('tsx'), [join(root, 'tooling/build/build.ts')], { cwd: root });
  const packed = await packAll(publicPackages(), tarballs);
  await withConsumer({ packed }, (folder) => testIn(folder, packed));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  counts.failed++;
}
console.log(formatCounts(counts));
process.exitCode = counts.failed > 0 ? 1 : 0;
