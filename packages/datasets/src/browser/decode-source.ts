import { ZooError } from '@zoo/core/base';
import { unreachable } from '@zoo/core/download';
import { type DecodeOptions, decodeImage } from '@zoo/transforms/browser';
import type { Image } from '@zoo/transforms/pipeline';
import type { PlainSource } from '../workers/job.ts';

async function download(url: string, name: string | undefined): Promise<Blob> {
  const response = await fetch(url).catch((cause: unknown) => {
    const { message } = unreachable(url, cause).error;
    throw new ZooError('DOWNLOAD_FAILED', `'${name ?? url}' cannot be loaded. ${message}`, { cause });
  });
  if (response.ok) return response.blob();
  throw new ZooError('FILE_NOT_FOUND', `'${name ?? url}' cannot be loaded: ${url} answers ${response.status}.`);
}

/** The image of a URL, a Blob or bytes. */
export async function decodeSource(source: PlainSource, options: DecodeOptions): Promise<Image> {
  if (typeof source === 'string') return decodeImage(await download(source, options.name), options);
  return decodeImage(source instanceof Blob ? source : new Blob([new Uint8Array(source)]), options);
}
