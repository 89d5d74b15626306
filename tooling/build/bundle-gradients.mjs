// tfjs-core registers no gradients under Node, and its gradient files cannot be imported there (extensionless ESM in a
// CommonJS package). They are bundled once into @zoo/core for Node; browsers import the originals, so that a page holds one
// copy. Some gradients use chained ops (`x.split(...)`), which tfjs-core does not register by itself either.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const core = join(dirname(fileURLToPath(import.meta.url)), '../../packages/core');
const modules = ['register_all_gradients', ...['reshape', 'slice', 'split'].map((op) => `public/chained_ops/${op}`)];
const entry = modules.map((name) => `import '@tensorflow/tfjs-core/dist/${name}.js';\n`).join('');

mkdirSync(join(core, 'generated'), { recursive: true });
writeFileSync(join(core, 'generated/tfjs-gradients.browser.js'), entry);
await build({
  stdin: { contents: entry, resolveDir: core },
  outfile: join(core, 'generated/tfjs-gradients.js'),
  bundle: true,
  minify: true,
  legalComments: 'eof',
  format: 'esm',
  platform: 'neutral',
  mainFields: ['module', 'main'],
  external: ['node:*'],
  logLevel: 'error',
});
