import { defineConfig, type Options } from 'tsup';

export interface PackageBuild {
  /** Source files that become public entry points, e.g. `src/index.ts`. */
  entries: string[];
  /** Replaces single tsup options where a package needs it. */
  overrides?: Options;
}

/**
 * The one build recipe of the workspace: ESM, ES2022, one chunk shared between entries, dependencies left external.
 * Declarations are emitted for all packages at once by `tooling/build/build.ts`.
 */
export function definePackage({ entries, overrides = {} }: PackageBuild): ReturnType<typeof defineConfig> {
  return defineConfig({
    entry: entries,
    format: ['esm'],
    target: 'es2022',
    platform: 'neutral',
    sourcemap: true,
    splitting: true,
    treeshake: false,
    clean: true,
    dts: false,
    // Off by default, tsup would write `fs` for `node:fs`, which browser bundlers then try to polyfill.
    removeNodeProtocol: false,
    external: [/^node:/, /^#/],
    ...overrides,
  });
}
