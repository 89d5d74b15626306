/** `open` and `close` around `inner`, as deep as about `bytes` allow. */
export function nested(open: string, close: string, bytes: number, inner = ''): string {
  const depth = Math.floor(bytes / (open.length + close.length));
  return open.repeat(depth) + inner + close.repeat(depth);
}

/** `piece` again and again, about `bytes` long. */
export const repeated = (piece: string, bytes: number): string => piece.repeat(Math.ceil(bytes / piece.length));
