import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { describe, expect, it } from 'vitest';
import { withChromium } from '../browser-test/chromium.ts';
import { serveFolder } from '../browser-test/static-server.ts';
import { missing } from '../test/prerequisites.ts';
import { root } from '../workspace.ts';

interface Result {
  failures: { code?: string; message: string; cause?: string }[];
  lengths: number[];
  batches: Record<number, number[][]>;
  skipped: string[];
  crossOriginIsolated: boolean;
}

const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

describe.skipIf(missing('chromium'))('web workers for images', () => {
  it('give the batches that the page gives, with and without shared memory', { timeout: 120_000 }, async () => {
    const outDir = mkdtempSync(join(tmpdir(), 'zoo-image-workers-'));
    try {
      await build({
        root: join(root, 'tooling/browser-test/image-workers'),
        base: './',
        logLevel: 'error',
        resolve: { conditions: ['@zoo/source', 'browser', 'module', 'import'] },
        build: { outDir, emptyOutDir: true, target: 'es2022', chunkSizeWarningLimit: 9999 },
      });
      expect(readdirSync(join(outDir, 'assets')).some((name) => name.startsWith('worker'))).toBe(true);
      for (const headers of [{}, isolation]) {
        const server = await serveFolder(outDir, headers);
        const result = await withChromium(async (context) => {
          const page = await context.newPage();
          await page.goto(server.url);
          return (await page.evaluate('window.result')) as Result;
        });
        server.close();
        expect(result.crossOriginIsolated).toBe(headers === isolation);
        expect(result.lengths.reduce((a, b) => a + b)).toBe(8 * (16 * 16 * 3 + 1));
        expect(result.batches[2]).toEqual(result.batches[0]);
        const thrown = {
          code: 'INVALID_ARGUMENT',
          message: expect.stringMatching(/^'1\.png': The transform 'throws' of blob:.*no pixels$/),
          cause: 'TypeError: no pixels',
        };
        const late = expect.stringMatching(/No answer within 5 s for '0\.png', '1\.png'; the workers were ended/);
        expect(result.failures).toEqual([thrown, thrown, { code: 'INTERRUPTED', message: late, cause: 'undefined' }]);
        expect(result.skipped).toEqual([expect.stringMatching(/'notes\.txt' is no image/)]);
      }
    } finally {
      rmSync(outDir, { recursive: true, force: true });
    }
  });
});
