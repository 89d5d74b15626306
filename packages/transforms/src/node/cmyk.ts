import type { Image } from '../image.ts';

/** `a * b / 255`, rounded, as PIL multiplies fractions of 255. */
function multiply(a: number, b: number): number {
  const product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

/** PIL's conversion, which knows no profiles: each ink takes its part of what black leaves. */
export function cmykToRgb({ width, height, channels, data }: Image): Image {
  const out = new Uint8Array(width * height * 3);
  for (let source = 0, target = 0; target < out.length; source += channels) {
    const light = 255 - data[source + 3]!;
    for (let ink = 0; ink < 3; ink++) out[target++] = light - multiply(data[source + ink]!, light);
  }
  return { width, height, channels: 3, data: out };
}
