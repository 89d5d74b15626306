/** The bytes of an IDX file: type code, sizes, then the big-endian values. */
export function idx(type: number, shape: number[], values: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + values.length);
  bytes.set([0, 0, type, shape.length]);
  shape.forEach((size, axis) => {
    new DataView(bytes.buffer).setUint32(4 + 4 * axis, size);
  });
  bytes.set(Array.from(values), 4 + 4 * shape.length);
  return bytes;
}
