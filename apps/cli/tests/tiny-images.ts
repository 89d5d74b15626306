import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRng } from '@zoo/core';
import sharp from 'sharp';

const tinyClasses = 4;
const side = 28;

/** A noisy image whose bright quarter is its class. */
function tinyImage(label: number, seed: number): Uint8Array {
  const rng = createRng(seed);
  const [top, left] = [label < 2 ? 0 : side / 2, label % 2 === 0 ? 0 : side / 2];
  return Uint8Array.from({ length: side * side }, (_, i) => {
    const [y, x] = [Math.floor(i / side), i % side];
    const bright = y >= top && y < top + side / 2 && x >= left && x < left + side / 2;
    return Math.round((bright ? 150 : 20) + 60 * rng.uniform());
  });
}

function idx(shape: readonly number[], data: Uint8Array): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  header.setUint32(0, 0x0800 + shape.length);
  shape.forEach((size, axis) => {
    header.setUint32(4 + 4 * axis, size);
  });
  return Buffer.concat([new Uint8Array(header.buffer), data]);
}

/** Writes a folder with the four IDX files: 64 train and 32 test images of four classes that any net can learn. */
export async function writeTinyImages(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const [prefix, count, seed] of [
    ['train', 64, 0],
    ['t10k', 32, 1000],
  ] as const) {
    const labels = Uint8Array.from({ length: count }, (_, i) => i % tinyClasses);
    const images = Buffer.concat(Array.from(labels, (label, i) => tinyImage(label, seed + i)));
    await writeFile(join(folder, `${prefix}-images-idx3-ubyte`), idx([count, side, side], images));
    await writeFile(join(folder, `${prefix}-labels-idx1-ubyte`), idx([count], labels));
  }
  return folder;
}

/** One image as a PNG file. */
export async function writePng(path: string, { label, seed }: { label: number; seed: number }): Promise<string> {
  await sharp(tinyImage(label, seed), { raw: { width: side, height: side, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toFile(path);
  return path;
}
