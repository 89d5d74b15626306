import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { temporaryFolder, zoo } from './test-io.ts';

const cwd = await temporaryFolder();

it('an experiment imports no module that its transforms name', async () => {
  const module = join(cwd, 'own.mjs');
  await writeFile(module, 'globalThis.foreignCodeRan = true; export default () => ({ apply: (image) => image });');
  const custom = { transform: 'custom', options: { module: pathToFileURL(module).href } };
  for (const transform of [custom, { transform: 'Compose', options: { transforms: [custom] } }]) {
    const experiment = {
      data: { train: 'fashion-mnist-mini', test: 'fashion-mnist-mini' },
      backbones: [{ model: 'lenet5_relu', weights: 'FASHION_MNIST', transforms: [transform] }],
    };
    await mkdir(join(cwd, 'study'), { recursive: true });
    await writeFile(join(cwd, 'study/study.json'), JSON.stringify(experiment));
    const { code, err } = await zoo(['run', 'study/study.json', '--out', 'out'], { cwd });
    expect(code).toBe(1);
    expect(err).toContain(`runs code of ${custom.options.module}. An experiment may name the transforms of`);
    expect(globalThis).not.toHaveProperty('foreignCodeRan');
  }
});
