import { gzipSync } from 'node:zlib';

interface TarEntry {
  name: string;
  data: Uint8Array;
  /** '0' is a file, 'L' the long name of the next entry, 'x' its attributes. */
  type?: string;
}

const block = 512;

function header({ name, data, type = '0' }: TarEntry): Buffer {
  const bytes = Buffer.alloc(block);
  bytes.write(name.slice(0, 99), 0, 'latin1');
  bytes.write('0000644\0', 100, 'latin1');
  bytes.write(`${data.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  bytes.write('        ', 148, 'latin1'); // the checksum counts as blanks
  bytes.write(type, 156, 'latin1');
  bytes.write('ustar\x0000', 257, 'latin1');
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}

/** A tar.gz archive written by hand. */
export function tarGz(entries: readonly TarEntry[]): Uint8Array {
  const padded = ({ data }: TarEntry): Buffer => Buffer.alloc(Math.ceil(data.length / block) * block, data);
  const pieces = entries.flatMap((entry) => [header(entry), ...(entry.data.length > 0 ? [padded(entry)] : [])]);
  return gzipSync(Buffer.concat([...pieces, Buffer.alloc(2 * block)]));
}
