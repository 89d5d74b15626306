import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const side = 32;
const pixels = side * side;
const recordBytes = 1 + 3 * pixels;

/** Files of the binary version, https://www.cs.toronto.edu/~kriz/cifar.html, by the IDX name they become. */
const splits = {
  train: [1, 2, 3, 4, 5].map((n) => `data_batch_${n}.bin`),
  t10k: ['test_batch.bin'],
} as const;

function idx(shape: readonly number[], data: Uint8Array): Uint8Array {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.writeUInt32BE(0x0800 + shape.length);
  shape.forEach((size, axis) => void header.writeUInt32BE(size, 4 + 4 * axis));
  return Buffer.concat([header, data]);
}

/** CIFAR-10's records (a label, then red, green and blue planes) as channels-last images and labels. */
export function parseCifar10(bytes: Uint8Array, name: string): { images: Uint8Array; labels: Uint8Array } {
  const count = bytes.length / recordBytes;
  if (!Number.isInteger(count) || count === 0) {
    throw new Error(`${name}: ${bytes.length} bytes are no records of ${recordBytes}: not CIFAR-10's binary version.`);
  }
  const images = new Uint8Array(count * 3 * pixels);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const record = bytes.subarray(i * recordBytes, (i + 1) * recordBytes);
    if (record[0]! > 9) throw new Error(`${name}: record ${i} has label ${record[0]}, which is none of 10 classes.`);
    labels[i] = record[0]!;
    for (let plane = 0; plane < 3; plane++) {
      for (let p = 0; p < pixels; p++) images[(i * pixels + p) * 3 + plane] = record[1 + plane * pixels + p]!;
    }
  }
  return { images, labels };
}

/** Turns the binary version in `folder` into IDX files in `target`, which `zoo train --data` reads; done once. */
export async function cifar10ToIdx(folder: string, target: string): Promise<string> {
  await mkdir(target, { recursive: true });
  for (const [prefix, files] of Object.entries(splits)) {
    const images = join(target, `${prefix}-images-idx3-ubyte`);
    const labels = join(target, `${prefix}-labels-idx1-ubyte`);
    if (existsSync(images) && existsSync(labels)) continue;
    const parts = [];
    for (const file of files) parts.push(parseCifar10(await readFile(join(folder, file)), join(folder, file)));
    const allLabels = Buffer.concat(parts.map((part) => part.labels));
    const allImages = Buffer.concat(parts.map((part) => part.images));
    await writeFile(images, idx([allLabels.length, side, side, 3], allImages));
    await writeFile(labels, idx([allLabels.length], allLabels)); // last: both exist only when both are whole
  }
  return target;
}
