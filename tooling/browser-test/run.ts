/**
 * `pnpm test:browser`: builds the playground with Vite from the packed packages and drives its pages in headless
 * Chromium, on wasm and on webgpu. Scores must equal Node's, training must learn, and nothing may be logged as an error.
 */
import { cpSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { packAll } from '../pack.ts';
import { withConsumer } from '../pack-test/consumer-folder.ts';
import { mustRun } from '../process.ts';
import { formatCounts } from '../test/counts.ts';
import { bin, type Manifest, readManifest, root, type WorkspacePackage, workspacePackages } from '../workspace.ts';
import { counts } from './check.ts';
import { withChromium } from './chromium.ts';
import { driveLenet } from './lenet-page.ts';
import { driveOwnImages } from './own-images-page.ts';
import { serveFolder } from './static-server.ts';

const playground = join(root, 'apps/playground');
/** What the playground depends on, directly or not. */
function neededPackages(): WorkspacePackage[] {
  const all = new Map(workspacePackages().map((pkg) => [pkg.manifest.name, pkg]));
  const needed = new Set<WorkspacePackage>();
  const add = (manifest: Manifest) => {
    for (const name of Object.keys(manifest.dependencies ?? {})) {
      const pkg = all.get(name);
      if (!pkg || needed.has(pkg)) continue;
      needed.add(pkg);
      add(pkg.manifest);
    }
  };
  add(readManifest(playground));
  return [...needed];
}

/** Builds the page in a folder where the packages are installed as from npm. */
async function buildPage(folder: string): Promise<string> {
  for (const name of ['index.html', 'own-images.html', 'src', 'vite.config.ts']) {
    cpSync(join(playground, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(playground, 'node_modules/vite'), join(folder, 'node_modules/vite'));
  await mustRun(join(playground, 'node_modules/.bin/vite'), ['build', '--logLevel', 'warn'], { cwd: folder });
  return join(folder, 'dist');
}

async function testPage(folder: string): Promise<void> {
  const server = await serveFolder(await buildPage(folder));
  await withChromium(async (context) => {
    for (const engine of ['wasm', 'webgpu']) {
      await driveLenet(engine, await context.newPage(), server.url);
      await driveOwnImages(engine, await context.newPage(), server.url);
    }
  });
  server.close();
}

try {
  await mustRun(bin('tsx'), [join(root, 'tooling/build/build.ts')], { cwd: root });
  const packed = await packAll(neededPackages(), join(root, '.cache/playground-tarballs'));
  await withConsumer({ packed, dependencies: { '@tensorflow/tfjs-backend-wasm': '4.22.0' } }, testPage);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  counts.failed++;
}
console.log(formatCounts(counts));
process.exitCode = counts.failed > 0 ? 1 : 0;
