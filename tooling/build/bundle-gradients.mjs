// tfjs-core registers no gradients under Node, and its gradient files cannot be imported there (extensionless ESM in a
// CommonJS package). They are bundled once into @zoo/core; browsers import the original through `#tfjs-gradients`.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const core = join(dirname(fileURLToPath(import.meta.url)), '../../packages/core');
const entry = createRequire(join(core, 'package.json')).resolve('@tensorflow/tfjs-core/dist/register_all_gradients.js');

await build({
  entryPoints: [entry],
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
