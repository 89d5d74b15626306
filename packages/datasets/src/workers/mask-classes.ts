import type { Image } from '@zoo/transforms/pipeline';

/** A mask file as class indices: of its colours by a table, or its grey values as they are. */
export function maskClasses(
  { width, height, channels, data }: Image,
  { colors, fill }: { colors?: readonly (readonly [number, number, number])[]; fill: number },
): Image {
  if (!colors) return { width, height, channels, data };
  const classes = new Map(colors.map(([r, g, b], index) => [(r << 16) | (g << 8) | b, index]));
  const out = new Uint8Array(width * height);
  for (let i = 0, source = 0; i < out.length; i++, source += 3) {
    const color = (data[source]! << 16) | (data[source + 1]! << 8) | data[source + 2]!;
    out[i] = classes.get(color) ?? fill;
  }
  return { width, height, channels: 1, data: out };
}
