import { definePackage } from '../../tooling/build/define-package.ts';

export default definePackage({
  entries: ['src/index.ts', 'src/pipeline.ts', 'src/node.ts', 'src/browser.ts', 'src/imagenet.ts'],
});
