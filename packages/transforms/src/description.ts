import { unknownName, ZooError } from '@zoo/core/base';
import { type CustomOptions, customTransform } from './custom.ts';
import type { Transform, TransformDescription } from './transform.ts';
import { CenterCrop } from './transforms/center-crop.ts';
import { ColorJitter } from './transforms/color-jitter.ts';
import { Compose } from './transforms/compose.ts';
import { RandomHorizontalFlip, RandomVerticalFlip } from './transforms/flip.ts';
import { Grayscale, RandomGrayscale } from './transforms/grayscale.ts';
import { Pad } from './transforms/pad.ts';
import { RandAugment, TrivialAugmentWide } from './transforms/rand-augment.ts';
import { RandomApply, RandomChoice } from './transforms/random-choice.ts';
import { RandomCrop } from './transforms/random-crop.ts';
import { RandomErasing } from './transforms/random-erasing.ts';
import { RandomResizedCrop } from './transforms/random-resized-crop.ts';
import { Resize } from './transforms/resize.ts';
import { RandomAffine, RandomRotation } from './transforms/rotation.ts';
import { Normalize, ToTensor } from './transforms/to-tensor.ts';

// Options come from JSON; every constructor checks what it is given.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Make = (options: any) => Transform;

const simple: Readonly<Record<string, Make>> = {
  CenterCrop: ({ size }) => new CenterCrop(size),
  ColorJitter: (options) => new ColorJitter(options),
  Grayscale: (options) => new Grayscale(options),
  Normalize: ({ mean, std }) => new Normalize(mean, std),
  Pad: ({ padding, ...options }) => new Pad(padding, options),
  RandAugment: (options) => new RandAugment(options),
  RandomAffine: ({ degrees, ...options }) => new RandomAffine(degrees, options),
  RandomCrop: ({ size, ...options }) => new RandomCrop(size, options),
  RandomErasing: (options) => new RandomErasing(options),
  RandomGrayscale: (options) => new RandomGrayscale(options),
  RandomHorizontalFlip: (options) => new RandomHorizontalFlip(options),
  RandomResizedCrop: ({ size, ...options }) => new RandomResizedCrop(size, options),
  RandomRotation: ({ degrees, ...options }) => new RandomRotation(degrees, options),
  RandomVerticalFlip: (options) => new RandomVerticalFlip(options),
  Resize: ({ size, ...options }) => new Resize(size, options),
  ToTensor: () => new ToTensor(),
  TrivialAugmentWide: (options) => new TrivialAugmentWide(options),
};

type MakeGroup = (transforms: Transform[], options: { p?: never }) => Transform;

const groups: Readonly<Record<string, MakeGroup>> = {
  Compose: (transforms) => new Compose(transforms),
  RandomApply: (transforms, { p }) => new RandomApply(transforms, p === undefined ? {} : { p }),
  RandomChoice: (transforms, { p }) => new RandomChoice(transforms, p === undefined ? {} : { p }),
};

export interface FromDescriptionOptions {
  /** Imports the modules that custom transforms name. Off by default: a description can come from anywhere. */
  importModules?: boolean;
}

/** The transform that `describe()` described, JSON or not in between. Throws ZooErrors that name what is wrong. */
export async function fromDescription(
  description: TransformDescription,
  { importModules = false }: FromDescriptionOptions = {},
): Promise<Transform> {
  const { transform: name, options = {} } = description ?? {};
  if (typeof name !== 'string' || typeof options !== 'object' || options === null) {
    throw new ZooError(
      'INVALID_CONFIG',
      `A transform is described as { transform: NAME, options: {...} }, got ${JSON.stringify(description)}.`,
    );
  }
  if (Object.hasOwn(simple, name)) return simple[name]!(options);
  if (Object.hasOwn(groups, name)) {
    const parts = options['transforms'];
    if (!Array.isArray(parts)) throw new ZooError('INVALID_CONFIG', `'${name}' needs a list 'transforms'.`);
    const transforms: Transform[] = [];
    for (const part of parts) transforms.push(await fromDescription(part as TransformDescription, { importModules }));
    return groups[name]!(transforms, options);
  }
  if (name !== 'custom')
    throw unknownName('transform', name, [...Object.keys(simple), ...Object.keys(groups), 'custom']);
  const { module } = options;
  if (typeof module !== 'string')
    throw new ZooError('INVALID_CONFIG', "A custom transform needs a 'module' to import.");
  if (!importModules) {
    throw new ZooError(
      'NOT_SUPPORTED',
      `This pipeline runs code of ${module}. Where you trust it, pass { importModules: true }.`,
    );
  }
  return customTransform(module, options as CustomOptions);
}
