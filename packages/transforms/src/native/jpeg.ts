import type { Image } from '../image.ts';
import { jpegHeader } from '../node/jpeg-header.ts';
import { kernels as code } from './jpeg-binary.ts';
import { Kernels } from './kernels.ts';

interface Decoder {
  huffman_bytes(): number;
  build_huffman(counts: number, symbols: number, largest: number, table: number): number;
  decode_scan(
    data: number,
    length: number,
    components: number,
    count: number,
    columns: number,
    rows: number,
    restart: number,
  ): number;
  planes_to_rgb(components: number, width: number, height: number, out: number, scratch: number): void;
}

let loaded: Kernels<Decoder> | undefined | null = null;

/** The memory of a module never shrinks: larger images are left to the general decoder. */
const largest = 2 ** 24;

/** An image of its own as `borrowJpeg` decodes it. */
export function decodeJpeg(bytes: Uint8Array, maxPixels: number): Image | undefined {
  const image = borrowJpeg(bytes, maxPixels);
  return image && { ...image, data: image.data.slice() };
}

/**
 * An ordinary baseline JPEG as 1 or 3 channels, byte for byte what libjpeg makes of it. Undefined for every other file,
 * damaged ones among them. The pixels lie in memory that the next call uses again.
 */
export function borrowJpeg(bytes: Uint8Array, maxPixels: number): Image | undefined {
  const header = jpegHeader(bytes);
  if (!header || header.width * header.height > Math.min(maxPixels, largest)) return undefined;
  if (loaded === null) loaded = Kernels.load<Decoder>(code);
  if (!loaded) return undefined;
  const kernels = loaded;
  kernels.reset();
  const { width, height, components, restart, scan } = header;
  const [{ h, v }] = components as [(typeof components)[number]];
  const columns = Math.ceil(width / (8 * h));
  const rows = Math.ceil(height / (8 * v));
  // Every block takes two bits at least: what is shorter is damaged, and not worth the memory.
  const blocks = columns * rows * components.reduce((sum, c) => sum + c.h * c.v, 0);
  if (blocks > 4 * (bytes.length - scan)) return undefined;
  const tables = new Map<Uint8Array, number>();
  const table = (segment: Uint8Array, largest: number): number => {
    const known = tables.get(segment);
    if (known !== undefined) return known;
    const address = kernels.allocate(kernels.run.huffman_bytes());
    const counts = kernels.copy(segment);
    const built = kernels.run.build_huffman(counts, counts + 16, largest, address) ? address : 0;
    tables.set(segment, built);
    return built;
  };
  const described = components.flatMap((c) => {
    const stride = columns * c.h * 8;
    return [
      c.h,
      c.v,
      kernels.copy(c.quant),
      table(c.dc, 15), // bits of a difference
      table(c.ac, 255),
      kernels.allocate(stride * rows * c.v * 8 + 64),
      stride,
      0,
    ];
  });
  if (described.some((value, i) => (i % 8 === 3 || i % 8 === 4) && value === 0)) return undefined;
  const list = kernels.copy(Int32Array.from(described));
  const data = kernels.copy(bytes.subarray(scan));
  const out = kernels.allocate(width * height * 3 + 64);
  const scratch = kernels.allocate(8 * width + 256);
  const read = kernels.run.decode_scan(data, bytes.length - scan, list, components.length, columns, rows, restart);
  if (read === 0 || bytes[scan + read] !== 0xff || bytes[scan + read + 1] !== 0xd9) return undefined;
  if (components.length === 3) {
    kernels.run.planes_to_rgb(list, width, height, out, scratch);
    return { width, height, channels: 3, data: kernels.bytes(out, width * height * 3) };
  }
  const gray = new Uint8Array(width * height);
  const stride = columns * 8;
  const plane = kernels.bytes(described[5]!, stride * height);
  for (let y = 0; y < height; y++) gray.set(plane.subarray(y * stride, y * stride + width), y * width);
  return { width, height, channels: 1, data: gray };
}
