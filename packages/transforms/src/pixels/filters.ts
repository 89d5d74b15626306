/** How `Resize` weighs source pixels, in PIL's names; all but `nearest` are antialiased. */
export type Interpolation = 'nearest' | 'bilinear' | 'bicubic' | 'lanczos';

export interface Filter {
  /** Half the width in source pixels at a scale of 1. */
  support: number;
  weigh(x: number): number;
}

function cubic(x: number): number {
  const a = -0.5; // PIL's choice; OpenCV and torch's tensors take -0.75
  const t = Math.abs(x);
  if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  if (t < 2) return (((t - 5) * t + 8) * t - 4) * a;
  return 0;
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI));

export const filters: Readonly<Record<Exclude<Interpolation, 'nearest'>, Filter>> = {
  bilinear: { support: 1, weigh: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, weigh: cubic },
  lanczos: { support: 3, weigh: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};
