import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { createRng } from '@zoo/core';
import sharp from 'sharp';
import { cacheFolder } from './folders.ts';

const width = 500;
const height = 375;

/** Blurred seeded noise at three scales: smooth areas and detail, so that a file has about a photo's size. */
async function picture(seed: number): Promise<Buffer> {
  const rng = createRng(seed);
  const layer = async (scale: number): Promise<Buffer> => {
    const size = { width: Math.ceil(width / scale), height: Math.ceil(height / scale), channels: 3 as const };
    const noise = Uint8Array.from({ length: size.width * size.height * 3 }, () => rng.int(256));
    return sharp(noise, { raw: size }).resize(width, height, { fit: 'fill', kernel: 'cubic' }).raw().toBuffer();
  };
  const [coarse, middle, fine] = [await layer(60), await layer(12), await layer(3)];
  const pixels = coarse!.map((value, i) => Math.round(0.6 * value + 0.25 * middle![i]! + 0.15 * fine![i]!));
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer();
}

/** A folder of `count` different JPEG files of 500x375 pixels, written once. */
export async function jpegFolder(count: number): Promise<string> {
  const folder = join(cacheFolder('jpeg'), `${count}`);
  if (existsSync(folder)) return folder;
  const part = cacheFolder('jpeg', `part-${process.pid}`);
  for (let i = 0; i < count; i++) {
    await sharp(await picture(i))
      .keepMetadata()
      .toFile(join(part, `${i.toString().padStart(5, '0')}.jpg`));
  }
  renameSync(part, folder);
  return folder;
}
