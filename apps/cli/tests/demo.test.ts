import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { demo } from '../src/demo.ts';
import { temporaryFolder, zoo } from './test-io.ts';

const cwd = await temporaryFolder();

it('trains, names test images, leaves a report, and fails when the net has not learnt enough', async () => {
  const { code, out, err } = await zoo(['--epochs', '1'], { cwd }, demo);
  expect(out).toContain('epoch 1/1');
  expect(out).toMatch(/^runs\/demo\/images\/ankle-boot\.png +\S/m);
  expect(out).toContain('/runs/demo/report.html');
  expect((await readdir(join(cwd, 'runs/demo/images'))).length).toBe(10);
  expect(code).toBe(1);
  expect(err).toContain('is below the 0.75');
}, 60_000);
