/** What is known of a file before it comes. */
export interface FileLimits {
  /** Its size. */
  bytes?: number | undefined;
  /** The most to fetch where the size is not known beforehand. */
  maxBytes: number;
  /** Whether a hash decides in the end. */
  hashed: boolean;
  /**
   * Says why a file that begins so, with at most 64 bytes, cannot be the one; `total` is its size where known. Not asked
   * where a hash decides.
   */
  refuse?: ((start: Uint8Array, total: number | undefined) => string | undefined) | undefined;
}

/** So many bytes of a file are looked at. */
export const startLength = 64;

/** Why a file is not taken of which so many bytes came. */
export const refuseLength = (loaded: number, { maxBytes }: FileLimits): string | undefined =>
  loaded > maxBytes ? `has more than ${maxBytes} bytes, the limit set by maxBytes` : undefined;

/** Why a file is not taken that the server says is so large. */
export function refuseSize(announced: number | undefined, limits: FileLimits): string | undefined {
  const { bytes } = limits;
  if (announced === undefined) return undefined;
  if (bytes === undefined) return refuseLength(announced, limits);
  return announced === bytes ? undefined : `has ${announced} bytes, expected ${bytes}`;
}

/** Why an answer that begins with these bytes is not the file, such as the login page of a network. */
export function refuseStart(
  { headers }: Pick<Response, 'headers'>,
  start: Uint8Array,
  total: number | undefined,
  { bytes, hashed, refuse }: FileLimits,
): string | undefined {
  if (start.length === 0) return bytes === 0 ? undefined : 'is empty';
  const page = /^(\xef\xbb\xbf)?\s*<(!doctype|html|\?xml)/i.test(String.fromCharCode(...start));
  if (page || (!hashed && /\bhtml\b/i.test(headers.get('content-type') ?? ''))) {
    return 'is a web page, not the file: does this network want a login, or has the file moved?';
  }
  return hashed ? undefined : refuse?.(start, total);
}
