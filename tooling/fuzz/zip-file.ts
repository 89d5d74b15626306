import { crc32 } from 'node:zlib';

interface ZipEntry {
  name: string;
  data: Uint8Array;
  /** Compressed content, where `data` is what it expands to. */
  deflated?: Uint8Array;
  /** The directory points to the content of this earlier entry instead. */
  sameAs?: string;
}

/** A zip archive written by hand, so that it can say what no writer says. */
export function storedZip(entries: readonly ZipEntry[]): Uint8Array {
  const pieces: Buffer[] = [];
  const offsets = new Map<string, number>();
  let length = 0;
  const put = (...buffers: Uint8Array[]): void => {
    for (const buffer of buffers) {
      pieces.push(Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength));
      length += buffer.length;
    }
  };
  /** The fields that local headers and the directory share. */
  const common = ({ name, data, deflated }: ZipEntry): Buffer => {
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(deflated ? 8 : 0, 4);
    fields.writeUInt16LE(33, 8); // 1 January 1980
    fields.writeUInt32LE(crc32(data), 10);
    fields.writeUInt32LE((deflated ?? data).length, 14);
    fields.writeUInt32LE(data.length, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    return fields;
  };
  for (const entry of entries) {
    if (entry.sameAs !== undefined) offsets.set(entry.name, offsets.get(entry.sameAs)!);
    else {
      offsets.set(entry.name, length);
      put(Buffer.from('PK\x03\x04', 'latin1'), common(entry), Buffer.from(entry.name), entry.deflated ?? entry.data);
    }
  }
  const start = length;
  for (const entry of entries) {
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offsets.get(entry.name)!, 10);
    put(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common(entry), tail.subarray(0, 14), Buffer.from(entry.name));
  }
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(length - start, 12);
  end.writeUInt32LE(start, 16);
  put(end);
  return new Uint8Array(Buffer.concat(pieces));
}
