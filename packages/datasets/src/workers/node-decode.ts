import { fileURLToPath } from 'node:url';
import { type DecodeOptions, decodeImage } from '@zoo/transforms/node';
import type { Image } from '@zoo/transforms/pipeline';
import type { PlainSource } from './job.ts';

/** The image of a path, a `file:` URL, a Blob or bytes. */
export async function decodeSource(source: PlainSource, options: DecodeOptions): Promise<Image> {
  if (source instanceof Blob) return decodeImage(new Uint8Array(await source.arrayBuffer()), options);
  if (typeof source === 'string' && source.startsWith('file:')) return decodeImage(fileURLToPath(source), options);
  return decodeImage(source, options);
}
