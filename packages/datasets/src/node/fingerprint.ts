import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { ZooError } from '@zoo/core';

/** Code point order, which is Python's order of strings; JavaScript's own differs beyond U+FFFF. */
export const byCodePoint = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Tells collections of files apart by names and sizes, wherever they lie: SHA-256 over both in the order of the names. */
export function filesFingerprint(files: readonly { name: string; size: number }[]): string {
  const hash = createHash('sha256');
  for (const { name, size } of [...files].sort((a, b) => byCodePoint(a.name, b.name)))
    hash.update(`${name}\0${size}\n`);
  return hash.digest('hex');
}

/** SHA-256 of a file's content. */
export async function fileFingerprint(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece);
  return hash.digest('hex');
}

const atOnce = 64;

/** Sizes of files by their paths, `undefined` for what is no file. */
export async function fileSizes(paths: readonly string[]): Promise<(number | undefined)[]> {
  const sizes: (number | undefined)[] = [];
  for (let start = 0; start < paths.length; start += atOnce) {
    const some = paths.slice(start, start + atOnce).map((path) => stat(path).catch(() => undefined));
    for (const found of await Promise.all(some)) sizes.push(found?.isFile() ? found.size : undefined);
  }
  return sizes;
}

/** The named file's size, or an error that says who wants it. */
export async function needFolder(path: string, what: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return;
  const reason = found ? 'is no folder' : 'does not exist';
  throw new ZooError('FILE_NOT_FOUND', `${what}: the folder ${path} ${reason}.`);
}
