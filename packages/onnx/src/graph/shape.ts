/** Sizes of a tensor along its axes. */
export type Shape = readonly number[];

export const sizeOf = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);

export const sameSizes = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((size, i) => size === b[i]);

/** The shape of an elementwise result, by numpy's rules; operands are known to fit. */
export function broadcastShapes(shapes: readonly Shape[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    return sizes.find((size) => size !== 1) ?? 1;
  });
}

/** The shape of an elementwise result, or undefined where the operands do not fit. */
export function fittingShape(shapes: readonly Shape[]): number[] | undefined {
  const result = broadcastShapes(shapes);
  const fits = shapes.every((shape) =>
    shape.every((size, i) => size === 1 || size === result[i + result.length - shape.length]),
  );
  return fits ? result : undefined;
}

/** Axes from 0 for tfjs's axis attributes, in ascending order; undefined means all. */
export function toAxes(axis: number | readonly number[] | null | undefined, rank: number): number[] {
  const given = axis === undefined || axis === null ? Array.from({ length: rank }, (_, i) => i) : [axis].flat();
  return given.map((a) => (a < 0 ? a + rank : a)).sort((a, b) => a - b);
}
