import type { AffineMatrix } from './warp.ts';

const radians = (degrees: number): number => degrees * (Math.PI / 180);

export interface AffineParameters {
  /** Degrees clockwise. */
  angle: number;
  /** Pixels to the right and down, after the rotation. */
  translate: readonly [number, number];
  scale: number;
  /** Degrees along x and y. */
  shear: readonly [number, number];
}

/** The map from output to source of torchvision's `affine` about a centre. */
export function inverseAffineMatrix(
  { angle, translate: [tx, ty], scale, shear }: AffineParameters,
  [cx, cy]: readonly [number, number],
): AffineMatrix {
  const rotation = radians(angle);
  const sx = radians(shear[0]);
  const sy = radians(shear[1]);
  const a = Math.cos(rotation - sy) / Math.cos(sy);
  const b = (-Math.cos(rotation - sy) * Math.tan(sx)) / Math.cos(sy) - Math.sin(rotation);
  const c = Math.sin(rotation - sy) / Math.cos(sy);
  const d = (-Math.sin(rotation - sy) * Math.tan(sx)) / Math.cos(sy) + Math.cos(rotation);
  const m = [d / scale, -b / scale, -c / scale, a / scale] as const;
  const x = m[0] * (-cx - tx) + m[1] * (-cy - ty) + cx;
  const y = m[2] * (-cx - tx) + m[3] * (-cy - ty) + cy;
  return [m[0], m[1], x, m[2], m[3], y];
}

export interface RotationParameters {
  width: number;
  height: number;
  /** Degrees counter-clockwise. */
  angle: number;
  /** Makes the output large enough for the whole rotated image. */
  expand: boolean;
  /** x and y; undefined is the middle. */
  center?: readonly [number, number] | undefined;
}

/** The map of PIL's `Image.rotate`, and the size of its output. */
export function rotationMatrix({ width, height, angle, expand, center }: RotationParameters): {
  matrix: AffineMatrix;
  width: number;
  height: number;
} {
  const [cx, cy] = center ?? [width / 2, height / 2];
  const turn = -radians(((angle % 360) + 360) % 360);
  const digits15 = (x: number): number => Number(x.toFixed(15)); // PIL rounds, so that 90 degrees are exact
  const cos = digits15(Math.cos(turn));
  const sin = digits15(Math.sin(turn));
  const minusSin = digits15(-Math.sin(turn));
  const map = (x: number, y: number, c: number, f: number): [number, number] => [
    cos * x + sin * y + c,
    minusSin * x + cos * y + f,
  ];
  let [c, f] = map(-cx, -cy, 0, 0);
  c += cx;
  f += cy;
  if (!expand) return { matrix: [cos, sin, c, minusSin, cos, f], width, height };

  const corners = [map(0, 0, c, f), map(width, 0, c, f), map(width, height, c, f), map(0, height, c, f)];
  const extent = (values: number[]): number => Math.ceil(Math.max(...values)) - Math.floor(Math.min(...values));
  const newWidth = extent(corners.map(([x]) => x));
  const newHeight = extent(corners.map(([, y]) => y));
  [c, f] = map(-(newWidth - width) / 2, -(newHeight - height) / 2, c, f);
  return { matrix: [cos, sin, c, minusSin, cos, f], width: newWidth, height: newHeight };
}
