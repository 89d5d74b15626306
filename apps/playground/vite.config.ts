import { defineConfig } from 'vite';

export default defineConfig({
  base: './',
  build: {
    target: 'es2022',
    chunkSizeWarningLimit: 1500,
    rollupOptions: { input: ['index.html', 'own-images.html'] },
  },
  worker: { format: 'es' },
});
