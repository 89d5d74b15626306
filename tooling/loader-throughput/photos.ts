import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRng } from '@zoo/core';
import sharp from 'sharp';
import { root } from '../workspace.ts';

const width = 500;
const height = 375;

/** Clouds of several sizes with some grain: about as many bytes as a photo of this size. */
async function photo(number: number): Promise<Buffer> {
  const rng = createRng(number);
  const layers = await Promise.all(
    [6, 24, 96].map(async (size) => {
      const rows = Math.round((size * height) / width);
      const coarse = Uint8Array.from({ length: size * rows * 3 }, () => rng.int(256));
      const raw = { raw: { width: size, height: rows, channels: 3 as const } };
      return sharp(coarse, raw).resize(width, height, { fit: 'fill', kernel: 'cubic' }).raw().toBuffer();
    }),
  );
  const data = new Uint8ClampedArray(width * height * 3);
  for (let i = 0; i < data.length; i++) {
    const cloud = 0.5 * layers[0]![i]! + 0.35 * layers[1]![i]! + 0.15 * layers[2]![i]!;
    data[i] = cloud + (rng.uniform() - 0.5) * 20;
  }
  const raw = { raw: { width, height, channels: 3 as const } };
  return sharp(Buffer.from(data.buffer), raw).jpeg({ quality: 88 }).toBuffer();
}

/** JPEGs of 500 x 375, the same ones on every machine; made once and kept in `.cache`. */
export async function makePhotos(count: number): Promise<{ folder: string; files: string[] }> {
  const folder = join(root, '.cache/loader-throughput');
  mkdirSync(folder, { recursive: true });
  const files: string[] = [];
  for (let i = 0; i < count; i++) {
    const path = join(folder, `${String(i).padStart(5, '0')}.jpg`);
    files.push(path);
    if (existsSync(path)) continue;
    writeFileSync(`${path}.part`, await photo(i));
    renameSync(`${path}.part`, path);
  }
  return { folder, files };
}
