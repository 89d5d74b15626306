import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { demo } from '../src/demo.ts';
import { temporaryFolder, zoo } from './test-io.ts';

const cwd = await temporaryFolder();

it('runs a study, names and explains an image, leaves a report, and fails when the ensemble is not good enough', async () => {
  const experiment = join(cwd, 'small.yaml');
  await writeFile(
    experiment,
    `data: { train: fashion-mnist-mini, test: fashion-mnist-mini, images: 60 }
backbones: [{ model: lenet5_relu, weights: FASHION_MNIST }, { model: vgg11, weights: FASHION_MNIST }]
heads: { type: linear, epochs: 1, lr: 1.0e-9 }
`,
  );
  const { code, out, err } = await zoo([], { cwd }, (argv, io) => demo(argv, io, experiment));
  expect(out).toContain('features of lenet5_relu: 84 per image');
  expect(out).toMatch(/^ensemble: soft +chosen by validation/m);
  expect(out).toMatch(/^runs\/demo\/sneaker\.png\n\S/m);
  expect(out).toMatch(/Open the report: file:\/\/.*\/runs\/demo\/report\.html\n$/);
  expect((await sharp(join(cwd, 'runs/demo/heat.png')).metadata()).format).toBe('png');
  expect(err).toContain('is below the 0.9');
  expect(code).toBe(1);
}, 60_000);
