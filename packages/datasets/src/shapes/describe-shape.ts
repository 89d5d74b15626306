import type { DrawnShape, ShapeName } from './draw-shape.ts';

const hues: readonly (readonly [degrees: number, name: string])[] = [
  ...([
    [20, 'red'],
    [45, 'orange'],
    [70, 'yellow'],
    [165, 'green'],
    [200, 'cyan'],
  ] as const),
  ...([
    [260, 'blue'],
    [290, 'purple'],
    [340, 'pink'],
    [361, 'red'],
  ] as const),
];

/** The everyday name of a colour. */
function colourName(r: number, g: number, b: number): string {
  const [most, least] = [Math.max(r, g, b), Math.min(r, g, b)];
  const spread = most - least;
  if (spread < 40) return most < 80 ? 'black' : least > 180 ? 'white' : 'grey';
  const hue = most === r ? (g - b) / spread + 6 : most === g ? (b - r) / spread + 2 : (r - g) / spread + 4;
  return hues.find(([limit]) => (hue * 60) % 360 < limit)![1];
}

/** Where most of the shape is, how large and of what colour, by its pixels. */
function traits({ image, mask }: DrawnShape): { colour: string; size: string; place: string } {
  const sums = [0, 0, 0];
  let [n, column] = [0, 0];
  for (let pixel = 0; pixel < mask.data.length; pixel++) {
    if (mask.data[pixel] === 0) continue;
    n++;
    column += pixel % mask.width;
    for (let channel = 0; channel < 3; channel++) sums[channel]! += image.data[3 * pixel + channel]!;
  }
  const [r, g, b] = sums.map((sum) => sum / n) as [number, number, number];
  const across = column / n / mask.width;
  return {
    colour: colourName(r, g, b),
    size: n / mask.data.length < 0.16 ? 'small' : 'large',
    place: across < 0.42 ? 'on the left' : across > 0.58 ? 'on the right' : 'in the middle',
  };
}

/** Five captions of a drawn shape, true by its pixels. */
export function describeShape(shape: ShapeName, drawn: DrawnShape): string[] {
  const { colour, size, place } = traits(drawn);
  return [
    `a ${size} ${colour} ${shape} ${place} .`,
    `there is a ${colour} ${shape} ${place} .`,
    `the picture shows a ${size} ${shape} .`,
    `a ${shape} ${place} of a plain picture , painted ${colour} .`,
    `one ${size} ${shape} in ${colour} .`,
  ];
}
