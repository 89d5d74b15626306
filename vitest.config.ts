import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const conditions = ['@zoo/source', 'node', 'import', 'module', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ['node', 'import', 'default'] } },
  test: {
    include: ['{packages,apps}/*/tests/**/*.test.ts', 'bench/tests/**/*.test.ts', 'tooling/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/*.long.test.ts'],
    setupFiles: ['./tooling/vitest/setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // By itself Vitest leaves one core free, which is half of a small machine.
    maxWorkers: availableParallelism(),
  },
});
