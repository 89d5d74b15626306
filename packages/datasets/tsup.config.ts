import { readFile } from 'node:fs/promises';
import { definePackage } from '../../tooling/build/define-package.ts';

/** Bundlers find a web worker by the literal in `new URL('./worker.ts', import.meta.url)`; built, that file is JavaScript. */
const workerUrl = {
  name: 'worker-url',
  setup({ onLoad }: import('esbuild').PluginBuild) {
    onLoad({ filter: /browser[/\\]pool\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      return { contents: source.replace("'./worker.ts', import.meta", "'./worker.js', import.meta"), loader: 'ts' };
    });
  },
};

export default definePackage({
  entries: [
    'src/index.ts',
    'src/node.ts',
    'src/browser.ts',
    'src/browser/platform.ts',
    'src/browser/worker.ts',
    'src/workers/node-platform.ts',
    'src/workers/node-worker.ts',
  ],
  overrides: { esbuildPlugins: [workerUrl] },
});
