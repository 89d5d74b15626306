import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRng } from '@zoo/core';
import type { ImageItem } from '@zoo/datasets';
import sharp from 'sharp';

/** A smooth picture that no other number gives, as JPEG. */
export function photo(number: number, { width = 48, height = 36 } = {}): Promise<Buffer> {
  const rng = createRng(number);
  const [a, b, c] = [rng.uniform(), rng.uniform(), rng.uniform()];
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    data[i] = 128 + 120 * Math.sin((a * x + b * y) / 4 + c * 6 + (i % 3));
  }
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg()
    .toBuffer();
}

/** A mask for a photo: black, the right half of colour (200, 0, 0). */
export function mask({ width = 48, height = 36 } = {}): Promise<Buffer> {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) =>
    i % 3 === 0 && Math.floor(i / 3) % width >= width / 2 ? 200 : 0,
  );
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

/** A folder of `count` photos with labels 0, 1, 2, 0, ...; `remove()` deletes it. */
export async function photoFolder(
  count: number,
): Promise<{ items: ImageItem[]; folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'zoo-photos-'));
  const items: ImageItem[] = [];
  for (let i = 0; i < count; i++) {
    const source = join(folder, `${i}.jpg`);
    await writeFile(source, await photo(i, { width: 40 + i, height: 70 - i }));
    items.push({ name: `${i}.jpg`, source, label: i % 3 });
  }
  return { items, folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
