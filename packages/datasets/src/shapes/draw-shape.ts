import { type Rng, unknownName, ZooError } from '@zoo/core';
import type { Image } from '@zoo/transforms';

/** Whether a point is in the shape, whose extent is about -1 to 1 along both axes. */
type Inside = (x: number, y: number) => boolean;

const inPolygon =
  (corners: readonly (readonly [number, number])[]): Inside =>
  (x, y) => {
    let inside = false;
    for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
      const [xi, yi] = corners[i]!;
      const [xj, yj] = corners[j]!;
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
    }
    return inside;
  };

const corners = (n: number, radius: (i: number) => number): [number, number][] =>
  Array.from({ length: n }, (_, i) => {
    const angle = (2 * Math.PI * i) / n - Math.PI / 2;
    return [radius(i) * Math.cos(angle), radius(i) * Math.sin(angle)];
  });

const box = (x: number, y: number, half: number): boolean => Math.abs(x) < half && Math.abs(y) < half;

const shapes = {
  circle: (x, y) => Math.hypot(x, y) < 0.9,
  square: (x, y) => box(x, y, 0.8),
  triangle: inPolygon(corners(3, () => 1)),
  cross: (x, y) => box(x, y, 0.95) && (Math.abs(x) < 0.28 || Math.abs(y) < 0.28),
  star: inPolygon(corners(10, (i) => (i % 2 === 0 ? 1 : 0.42))),
  ring: (x, y) => Math.abs(Math.hypot(x, y) - 0.72) < 0.2,
  stripes: (x, y) => box(x, y, 0.85) && Math.floor((x + 0.85) / 0.243) % 2 === 0,
  checkers: (x, y) => box(x, y, 0.85) && (Math.floor((x + 0.85) / 0.57) + Math.floor((y + 0.85) / 0.57)) % 2 === 0,
  crescent: (x, y) => Math.hypot(x, y) < 0.92 && Math.hypot(x - 0.45, y) > 0.72,
  ellipse: (x, y) => Math.hypot(x, y / 0.38) < 0.98,
} satisfies Record<string, Inside>;

export type ShapeName = keyof typeof shapes;

/** The shapes that can be drawn. */
export const shapeNames = Object.keys(shapes) as readonly ShapeName[];

export interface DrawShapeOptions {
  shape: ShapeName;
  /** Height and width, or one number for both; at least 8. */
  size: number | readonly [number, number];
  /** Decides place, size, angle, colours and noise. */
  rng: Rng;
  /** Standard deviation of the noise in levels of 255; 10 unless given. */
  noise?: number;
}

/** A drawn shape, and where it is: 1 inside, 0 outside. */
export interface DrawnShape {
  image: Image;
  mask: Image;
}

const colour = (rng: Rng, levels: number): [number, number, number] => [
  rng.int(levels),
  rng.int(levels),
  rng.int(levels),
];
const brightness = ([r, g, b]: readonly number[]): number => 0.3 * r! + 0.59 * g! + 0.11 * b!;

/** A colour for the shape that is clearly lighter than the background. */
function lighter(rng: Rng, background: number): [number, number, number] {
  for (let tries = 0; tries < 1000; tries++) {
    const candidate = colour(rng, 256);
    if (brightness(candidate) > background + 80) return candidate;
  }
  return [255, 255, 255];
}

/**
 * One RGB image of a light shape at a random place, size, angle and colour on a darker, noisy gradient. Classes differ by
 * shape alone, so that a net has to learn shapes. The same rng state gives the same bytes.
 */
export function drawShape({ shape, size, rng, noise = 10 }: DrawShapeOptions): DrawnShape {
  const inside: Inside | undefined = shapes[shape];
  if (!inside) throw unknownName('shape', shape, shapeNames);
  const [height, width] = typeof size === 'number' ? [size, size] : size;
  if (![height, width].every((side) => Number.isInteger(side) && side >= 8 && side <= 4096)) {
    throw new ZooError('INVALID_ARGUMENT', `Sizes of drawn shapes are 8 to 4096, got ${height} x ${width}.`);
  }
  const radius = Math.min(height, width) * (0.3 + 0.15 * rng.uniform());
  const centre = [width, height].map((side) => radius + (side - 2 * radius) * rng.uniform()) as [number, number];
  const angle = (rng.uniform() - 0.5) * (Math.PI / 6);
  const [from, to] = [colour(rng, 128), colour(rng, 128)];
  const ink = lighter(rng, Math.max(brightness(from), brightness(to)));
  const [cos, sin] = [Math.cos(angle) / radius, Math.sin(angle) / radius];
  const data = new Uint8Array(3 * width * height);
  const mask = new Uint8Array(width * height);
  for (let pixel = 0; pixel < mask.length; pixel++) {
    const [column, row] = [pixel % width, Math.floor(pixel / width)];
    let covered = 0;
    for (let sample = 0; sample < 4; sample++) {
      const [dx, dy] = [column + 0.25 + 0.5 * (sample & 1) - centre[0], row + 0.25 + 0.5 * (sample >> 1) - centre[1]];
      if (inside(cos * dx + sin * dy, cos * dy - sin * dx)) covered += 0.25;
    }
    mask[pixel] = covered >= 0.5 ? 1 : 0;
    const along = (column / width + row / height) / 2;
    const grain = noise > 0 ? noise * rng.normal() : 0;
    for (let channel = 0; channel < 3; channel++) {
      const ground = from[channel]! + along * (to[channel]! - from[channel]!);
      data[3 * pixel + channel] = Math.max(
        0,
        Math.min(255, Math.round(ground + covered * (ink[channel]! - ground) + grain)),
      );
    }
  }
  return { image: { width, height, channels: 3, data }, mask: { width, height, channels: 1, data: mask } };
}
