import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { ZooError } from '@zoo/core';

/** Puts the two halves of code points beyond U+FFFF after all others. */
const rank = (unit: number): number => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);

/** Code point order, which is Python's order of strings; JavaScript's own differs beyond U+FFFF. */
export function byCodePoint(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const [left, right] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

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

/** Refuses a path that is no folder; `what` tells who wants one. */
export async function needFolder(path: string, what: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return;
  const reason = found ? 'is no folder' : 'does not exist';
  throw new ZooError('FILE_NOT_FOUND', `${what}: the folder ${path} ${reason}.`);
}
