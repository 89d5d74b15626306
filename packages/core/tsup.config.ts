import { definePackage } from '../../tooling/build/define-package.ts';

export default definePackage({ entries: ['src/index.ts', 'src/base.ts', 'src/download.ts', 'src/node.ts'] });
