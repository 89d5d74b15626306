import { createReadStream, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { defineConfig, type Plugin } from 'vite';

const datasets = dirname(createRequire(import.meta.url).resolve('@zoo/datasets/package.json'));
const folder = join(datasets, 'data/fashion-mnist-mini');

/** Serves the images that @zoo/datasets ships under `/fashion-mnist-mini/`. */
function fashionMnistMini(): Plugin {
  const files = readdirSync(folder).filter((file) => file.endsWith('.gz'));
  return {
    name: 'fashion-mnist-mini',
    configureServer(server) {
      server.middlewares.use('/fashion-mnist-mini', (request, response, next) => {
        const file = basename(request.url ?? '');
        if (!files.includes(file)) return next();
        response.setHeader('Content-Type', 'application/octet-stream');
        createReadStream(join(folder, file)).pipe(response);
      });
    },
    generateBundle() {
      for (const file of files) {
        this.emitFile({
          type: 'asset',
          fileName: `fashion-mnist-mini/${file}`,
          source: readFileSync(join(folder, file)),
        });
      }
    },
  };
}

export default defineConfig({
  base: './',
  plugins: [fashionMnistMini()],
  build: { target: 'es2022', chunkSizeWarningLimit: 1500 },
});
