/** FNV-1a over bytes in two halves, 64 bits: tells data apart where no cryptographic hash can be computed at once. */
export function bytesHash(bytes: Uint8Array): string {
  let [first, second] = [0x811c9dc5, 0x9dc5811c];
  for (let i = 0; i < bytes.length; i++) {
    first = Math.imul(first ^ bytes[i]!, 0x01000193);
    second = Math.imul(second ^ (bytes[i]! + (i & 0xff)), 0x01000193);
  }
  return [first, second].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
}
