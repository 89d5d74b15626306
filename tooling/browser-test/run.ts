/**
 * `pnpm test:browser`: builds the playground with Vite from the packed packages and drives it in headless Chromium, on
 * wasm and on webgpu. Scores must equal Node's, training must lower the loss, and nothing may be logged as an error.
 */
import { cpSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { packAll } from '../pack.ts';
import { withConsumer } from '../pack-test/consumer-folder.ts';
import { mustRun } from '../process.ts';
import { type Counts, formatCounts } from '../test/counts.ts';
import { bin, type Manifest, readManifest, root, type WorkspacePackage, workspacePackages } from '../workspace.ts';
import { withChromium } from './chromium.ts';
import { nodeLogits } from './node-logits.ts';
import { serveFolder } from './static-server.ts';

const playground = join(root, 'apps/playground');
const counts: Counts = { passed: 0, failed: 0, skipped: 0 };

async function check(name: string, test: () => Promise<string>): Promise<void> {
  try {
    console.log(`ok   ${name}: ${await test()}`);
    counts.passed++;
  } catch (error) {
    console.log(`FAIL ${name}: ${error instanceof Error ? error.message : error}`);
    counts.failed++;
  }
}

/** Fails with what the page itself says where it does. */
async function settled(page: Page): Promise<void> {
  const ready = page.locator('#train:enabled');
  const failed = page.locator('#error:not(:empty)');
  await ready.or(failed).first().waitFor({ timeout: 120_000 });
  const message = await failed.textContent({ timeout: 1 }).catch(() => null);
  if (message) throw new Error(message);
}

async function numbers(page: Page, id: string, key: string): Promise<number[]> {
  const text = await page.locator(`#${id}`).getAttribute(`data-${key}`);
  return JSON.parse(text ?? '[]') as number[];
}

function relativeDifference(actual: number[], expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) throw new Error(`${actual.length} scores instead of ${expected.length}`);
  const norm = (values: number[]) => Math.hypot(...values);
  return norm(actual.map((value, i) => value - (expected[i] ?? 0))) / norm(Array.from(expected));
}

async function drive(engine: string, page: Page, url: string): Promise<void> {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });

  await check(`${engine}: predicts as Node does`, async () => {
    await page.goto(`${url}?engine=${engine}&software&steps=12`);
    await settled(page);
    const difference = relativeDifference(await numbers(page, 'prediction', 'logits'), await nodeLogits(0));
    if (!(difference < 1e-4)) throw new Error(`scores differ by ${difference}`);
    return `scores differ by ${difference.toExponential(1)}; ${await page.locator('#status').textContent()}`;
  });
  await check(`${engine}: trains`, async () => {
    await page.locator('#train').click();
    await page.locator('#loss[data-losses]').waitFor({ timeout: 240_000 });
    await settled(page);
    const losses = await numbers(page, 'loss', 'losses');
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    const [first, last] = [mean(losses.slice(0, 4)), mean(losses.slice(-4))];
    if (losses.length !== 12 || !(last < first - 0.2)) throw new Error(`losses ${losses.join(', ')}`);
    return `loss ${first.toFixed(3)} to ${last.toFixed(3)}`;
  });
  await check(`${engine}: shows the likeliest classes of a clicked image`, async () => {
    const former = await page.locator('#prediction').getAttribute('data-logits');
    await page.locator('#images button').nth(5).click();
    await page.waitForFunction((before) => document.getElementById('prediction')?.dataset['logits'] !== before, former);
    const rows = await page.locator('#prediction tr').allTextContents();
    if (rows.length !== 3) throw new Error(`rows: ${rows.join(' | ')}`);
    return rows[0] ?? '';
  });
  await check(`${engine}: logs no error`, async () => {
    if (errors.length > 0) throw new Error(errors.join('\n'));
    return 'none';
  });
}

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
  for (const name of ['index.html', 'src', 'vite.config.ts']) {
    cpSync(join(playground, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(playground, 'node_modules/vite'), join(folder, 'node_modules/vite'));
  await mustRun(join(playground, 'node_modules/.bin/vite'), ['build', '--logLevel', 'warn'], { cwd: folder });
  return join(folder, 'dist');
}

async function testPage(folder: string): Promise<void> {
  const server = await serveFolder(await buildPage(folder));
  await withChromium(async (context) => {
    for (const engine of ['wasm', 'webgpu']) await drive(engine, await context.newPage(), server.url);
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
