import { fileURLToPath } from 'node:url';
import { type DecodeOptions, decodeImage } from '@zoo/transforms/node';
import type { Image } from '@zoo/transforms/pipeline';
import type { PlainSource } from './job.ts';

/** The path of a source that is a file's. */
export function pathOf(source: PlainSource): string | undefined {
  if (typeof source !== 'string') return undefined;
  return source.startsWith('file:') ? fileURLToPath(source) : source;
}

/** The image of a path, a `file:` URL, a Blob or bytes. */
export async function decodeSource(source: PlainSource, options: DecodeOptions): Promise<Image> {
  if (source instanceof Blob) return decodeImage(new Uint8Array(await source.arrayBuffer()), options);
  return decodeImage(source instanceof Uint8Array ? source : pathOf(source)!, options);
}
