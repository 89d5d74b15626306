import type { Image } from '../image.ts';
import { isGray } from './grayscale.ts';

const f = Math.fround;

/** Hue of a pixel that is not grey in 0 .. 255, in PIL's mixture of float32 and float64. */
function hueOf(r: number, g: number, b: number, max: number, range: number): number {
  const rc = f((max - r) / range);
  const gc = f((max - g) / range);
  const bc = f((max - b) / range);
  const sixths = r === max ? f(bc - gc) : g === max ? f(2 + rc - bc) : f(4 + gc - rc);
  return Math.trunc(f((sixths / 6 + 1) % 1) * 255);
}

/** Turns the hue by `factor` of the colour circle (-0.5 .. 0.5), through 8-bit HSV as PIL and torchvision do. */
export function adjustHue(image: Image, factor: number): Image {
  if (isGray(image)) return image;
  const { data } = image;
  const out = new Uint8Array(data.length);
  const shift = Math.trunc(factor * 255);
  for (let i = 0; i < data.length; i += 3) {
    const r = data[i]!;
    const g = data[i + 1]!;
    const b = data[i + 2]!;
    const max = Math.max(r, g, b);
    const range = max - Math.min(r, g, b);
    const saturation = range === 0 ? 0 : Math.trunc(f(range / max) * 255);
    if (saturation === 0) {
      out.fill(max, i, i + 3);
      continue;
    }
    const hue = (hueOf(r, g, b, max, range) + shift) & 255;
    const sector = Math.floor((hue * 6) / 255);
    const rest = f((hue * 6) / 255 - sector);
    const s = f(saturation / 255);
    const p = Math.round(max * (1 - s));
    const q = Math.round(max * (1 - f(s * rest)));
    const t = Math.round(max * (1 - s * (1 - rest)));
    const rgb = [
      [max, t, p],
      [q, max, p],
      [p, max, t],
      [p, q, max],
      [t, p, max],
      [max, p, q],
    ][sector % 6]!;
    out.set(rgb, i);
  }
  return { ...image, data: out };
}
