/** Most bytes out of one byte in that content of use has; deflate gives up to 1032. */
export const maxExpansion = 200;

/** Small files may expand more: labels in order, images of one colour. */
const freeBytes = 2 ** 26;

/** Most bytes that a compressed file, archive or list of entries of `stored` bytes may expand to. */
export const expandedLimit = (stored: number, ratio = maxExpansion): number => Math.max(freeBytes, ratio * stored);
