import { ZooError } from '@zoo/core';
import { expandedLimit } from './expansion.ts';

/** Whether `bytes` begin as a gzip file does. */
export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/**
 * Decompresses a gzip file with the platform's own decoder; other bytes come back as they are, since web servers may have
 * decompressed already. `maxBytes` bounds the result; unless given, 1 GiB, and 200 times the file or 64 MiB. Throws `CORRUPT_FILE` naming the file `name`.
 */
export async function gunzip(
  bytes: Uint8Array,
  options: { name?: string; maxBytes?: number } = {},
): Promise<Uint8Array> {
  const { name = 'gzip data', maxBytes = Math.min(2 ** 30, expandedLimit(bytes.length)) } = options;
  if (!isGzip(bytes)) return bytes;
  const pieces: Uint8Array[] = [];
  let length = 0;
  const reader = new Blob([bytes as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream('gzip'))
    .getReader();
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      length += piece.value.length;
      if (length > maxBytes) throw new Error(`it unpacks to more than ${maxBytes} bytes`);
      pieces.push(piece.value);
    }
  } catch (cause) {
    await reader.cancel().catch(() => {});
    const message = `${name}: the gzip file is damaged or cut short (${(cause as Error).message}). Fetch it again.`;
    throw new ZooError('CORRUPT_FILE', message, { cause });
  }
  const out = new Uint8Array(length);
  let position = 0;
  for (const piece of pieces) {
    out.set(piece, position);
    position += piece.length;
  }
  return out;
}
