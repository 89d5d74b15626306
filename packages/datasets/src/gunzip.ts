import { ZooError } from '@zoo/core';

/** Whether `bytes` begin as a gzip file does. */
export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/**
 * Decompresses a gzip file with the platform's own decoder; other bytes come back as they are, since web servers may have
 * decompressed already. `maxBytes` bounds the result. Throws `CORRUPT_FILE` naming the file `name`.
 */
export async function gunzip(
  bytes: Uint8Array,
  { name = 'gzip data', maxBytes = 2 ** 30 }: { name?: string; maxBytes?: number } = {},
): Promise<Uint8Array> {
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
