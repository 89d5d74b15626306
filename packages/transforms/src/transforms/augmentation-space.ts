import type { ImageShape } from '../image.ts';
import type { Operation } from '../operation.ts';
import type { Fill } from '../pixels/pad.ts';
import type { WarpInterpolation } from '../pixels/warp.ts';
import { roundHalfEven } from '../rounding.ts';

/** How one kind of augmentation is told off: its magnitude at each bin, and whether the sign is drawn too. */
export interface Augmentation {
  name: string;
  magnitudes?: Float32Array;
  signed?: boolean;
  steps(magnitude: number): Operation[];
}

/** The strongest setting of each kind. */
export interface Strength {
  shear: number;
  translateX: number;
  translateY: number;
  rotate: number;
  colour: number;
  /** Bits that posterize takes away. */
  posterize: number;
}

/** `torch.linspace` in float32: from both ends towards the middle. */
function linspace(start: number, end: number, bins: number): Float32Array {
  const step = Math.fround((end - start) / (bins - 1));
  return Float32Array.from({ length: bins }, (_, i) => (i < bins / 2 ? start + step * i : end - step * (bins - 1 - i)));
}

const degreesOfSlope = (slope: number): number => Math.atan(slope) * (180 / Math.PI);

/** torchvision's fourteen augmentations, in its order. */
export function augmentationSpace(
  strength: Strength,
  { bins, interpolation, fill }: { bins: number; interpolation: WarpInterpolation; fill: Fill },
): Augmentation[] {
  const affine = (change: Partial<Extract<Operation, { op: 'affine' }>>): Operation[] => [
    { op: 'affine', angle: 0, translate: [0, 0], scale: 1, shear: [0, 0], interpolation, fill, ...change },
  ];
  const colour = (name: string, op: 'brightness' | 'contrast' | 'saturation' | 'sharpness'): Augmentation => ({
    name,
    magnitudes: linspace(0, strength.colour, bins),
    signed: true,
    steps: (m) => [{ op, factor: 1 + m }],
  });
  const moved = (name: string, max: number, steps: Augmentation['steps']): Augmentation => ({
    name,
    magnitudes: linspace(0, max, bins),
    signed: true,
    steps,
  });
  const bits = Float32Array.from({ length: bins }, (_, i) => 8 - roundHalfEven(i / ((bins - 1) / strength.posterize)));
  return [
    { name: 'Identity', steps: () => [] },
    moved('ShearX', strength.shear, (m) => affine({ shear: [degreesOfSlope(m), 0], center: [0, 0] })),
    moved('ShearY', strength.shear, (m) => affine({ shear: [0, degreesOfSlope(m)], center: [0, 0] })),
    moved('TranslateX', strength.translateX, (m) => affine({ translate: [Math.trunc(m), 0] })),
    moved('TranslateY', strength.translateY, (m) => affine({ translate: [0, Math.trunc(m)] })),
    moved('Rotate', strength.rotate, (angle) => [{ op: 'rotate', angle, expand: false, interpolation, fill }]),
    colour('Brightness', 'brightness'),
    colour('Color', 'saturation'),
    colour('Contrast', 'contrast'),
    colour('Sharpness', 'sharpness'),
    { name: 'Posterize', magnitudes: bits, steps: (m) => [{ op: 'posterize', bits: m }] },
    { name: 'Solarize', magnitudes: linspace(255, 0, bins), steps: (m) => [{ op: 'solarize', threshold: m }] },
    { name: 'AutoContrast', steps: () => [{ op: 'autocontrast' }] },
    { name: 'Equalize', steps: () => [{ op: 'equalize' }] },
  ];
}

/** RandAugment's strengths: shifts depend on the image. */
export const randAugmentStrength = ({ width, height }: ImageShape): Strength => ({
  shear: 0.3,
  translateX: (150 / 331) * width,
  translateY: (150 / 331) * height,
  rotate: 30,
  colour: 0.9,
  posterize: 4,
});

/** The wide space of TrivialAugment. */
export const trivialAugmentStrength: Strength = {
  shear: 0.99,
  translateX: 32,
  translateY: 32,
  rotate: 135,
  colour: 0.99,
  posterize: 6,
};
