import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.ts';

// Trainings of minutes to hours, with the figures they must reach: `pnpm test:long [FILE]`.
const { include: _include, exclude: _exclude, ...test } = base.test ?? {};

export default mergeConfig(
  { ...base, test },
  defineConfig({
    test: {
      include: ['{packages,apps}/*/tests/**/*.long.test.ts', 'tooling/**/*.long.test.ts'],
      exclude: ['**/node_modules/**'],
      testTimeout: 6 * 3600_000,
      fileParallelism: false,
      disableConsoleIntercept: true,
    },
  }),
);
