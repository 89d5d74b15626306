import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRng } from '@zoo/core';
import { cacheFolder } from './folders.ts';

export interface InputShape {
  batch: number;
  channels: number;
  size: number;
  classes: number;
}

/** Seeded normal inputs `[batch, channels, size, size]` and uniform labels `[batch]` as raw files, written once. */
export function inputFiles({ batch, channels, size, classes }: InputShape): { input: string; labels: string } {
  const name = `${batch}x${channels}x${size}-${classes}`;
  const folder = cacheFolder('inputs');
  const input = join(folder, `${name}.f32`);
  const labels = join(folder, `${name}.i32`);
  if (!existsSync(input)) {
    const rng = createRng(1);
    writeFileSync(
      labels,
      Int32Array.from({ length: batch }, () => rng.int(classes)),
    );
    const values = Float32Array.from({ length: batch * channels * size * size }, () => rng.normal());
    writeFileSync(`${input}.part`, values);
    renameSync(`${input}.part`, input);
  }
  return { input, labels };
}
