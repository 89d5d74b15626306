import type { Rng } from '@zoo/core';
import * as t from '@zoo/transforms';

const pick = <T>(list: readonly T[], rng: Rng): T => list[rng.int(list.length)]!;

const between = (low: number, high: number, rng: Rng): number => low + rng.int(high - low + 1);

const interpolations = ['nearest', 'bilinear', 'bicubic', 'lanczos'] as const;
const warps = ['nearest', 'bilinear', 'bicubic'] as const;
const modes = ['constant', 'edge', 'reflect', 'symmetric'] as const;

const geometric: readonly ((rng: Rng) => t.Transform)[] = [
  (rng) => new t.Resize(between(20, 300, rng), { interpolation: pick(interpolations, rng) }),
  (rng) => new t.Resize([between(20, 300, rng), between(20, 300, rng)], { interpolation: pick(interpolations, rng) }),
  (rng) => new t.Resize(between(40, 100, rng), { maxSize: 120 }),
  (rng) => new t.Compose([new t.Resize(256), new t.CenterCrop(224)].slice(rng.int(2))),
  (rng) => new t.CenterCrop([between(20, 300, rng), between(20, 300, rng)]),
  (rng) =>
    new t.RandomCrop(between(20, 120, rng), { padding: between(0, 9, rng), padIfNeeded: true, mode: pick(modes, rng) }),
  (rng) => new t.RandomResizedCrop(between(20, 200, rng), { interpolation: pick(interpolations, rng) }),
  () => new t.RandomHorizontalFlip(),
  () => new t.RandomVerticalFlip(),
  (rng) =>
    new t.Pad([between(0, 20, rng), between(0, 20, rng)], { fill: between(0, 255, rng), mode: pick(modes, rng) }),
  (rng) =>
    new t.RandomRotation(180, {
      interpolation: pick(warps, rng),
      expand: rng.int(2) === 1,
      fill: between(0, 255, rng),
    }),
  (rng) => {
    const angle = 90 * rng.int(5);
    return new t.RandomRotation([angle, angle], { expand: rng.int(2) === 1 });
  },
  (rng) =>
    new t.RandomAffine(60, {
      translate: [0.2, 0.3],
      scale: [0.6, 1.5],
      shear: [-20, 20, -10, 10],
      interpolation: pick(warps, rng),
      fill: between(0, 255, rng),
    }),
  (rng) => new t.RandomAffine(0, { translate: [0.2, 0.3], scale: [0.7, 1.4], interpolation: pick(warps, rng) }),
];

const colour: readonly ((rng: Rng) => t.Transform)[] = [
  () => new t.ColorJitter({ brightness: 0.5, contrast: 0.5, saturation: 0.5, hue: 0.3 }),
  () => new t.ColorJitter({ hue: 0.5 }),
  () => new t.ColorJitter({ contrast: [0, 2], saturation: [0, 3] }),
  () => new t.RandomGrayscale({ p: 0.5 }),
  (rng) => new t.RandAugment({ magnitude: rng.int(31), interpolation: pick(warps, rng) }),
  (rng) => new t.TrivialAugmentWide({ interpolation: pick(warps, rng) }),
];

const tail: readonly t.Transform[] = [
  new t.ToTensor(),
  new t.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
  new t.RandomErasing({ value: [0.5, -1, 2] }),
];

export interface Pipeline {
  /** Whether pixels are only moved and resampled, and not recoloured. */
  kind: 'geometric' | 'colour';
  transform: t.Compose;
}

/** One to four transforms of either kind, at times ending as tensors. */
export function randomPipeline(rng: Rng, channels: 1 | 3): Pipeline {
  const kind = rng.int(2) === 0 ? 'geometric' : 'colour';
  const pool = kind === 'geometric' ? geometric : [...geometric.slice(0, 8), ...colour, ...colour];
  const transforms = Array.from({ length: between(1, 4, rng) }, () => pick(pool, rng)(rng));
  if (kind === 'colour') transforms.push(pick(colour, rng)(rng));
  if (channels === 3 && rng.int(4) === 0) transforms.push(...tail);
  return { kind, transform: new t.Compose(transforms) };
}
