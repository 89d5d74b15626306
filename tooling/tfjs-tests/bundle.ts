import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** What the bundle exports: the harness of tfjs-core's jasmine tests, and the tests themselves, loaded on demand. */
export interface TestBundle {
  setTestEnvs(envs: { name: string; backendName: string; flags: Record<string, unknown>; isDataSync: boolean }[]): void;
  loadTests(): Promise<unknown>;
}

/** Bundles the tests that tfjs-core publishes into one CommonJS file and returns its path. */
export async function bundleTests(): Promise<string> {
  const core = dirname(createRequire(join(root, 'package.json')).resolve('@tensorflow/tfjs-core/package.json'));
  const outfile = join(root, '.cache/tfjs-tests/tests.cjs');
  mkdirSync(dirname(outfile), { recursive: true });
  await build({
    // setTestEnvs must run before a test file is evaluated, hence the import() behind a function.
    stdin: {
      contents: `
        import './dist/register_all_gradients';
        import './dist/public/chained_ops/register_all_chained_ops';
        export { setTestEnvs } from './dist/jasmine_util';
        export const loadTests = () => import('./dist/tests');`,
      resolveDir: core,
    },
    outfile,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    mainFields: ['module', 'main'],
    external: ['jasmine-core'],
    // The package declares its test files free of side effects, and would lose them all.
    ignoreAnnotations: true,
    logLevel: 'error',
  });
  return outfile;
}
