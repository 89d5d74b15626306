import { createRng, type Rng, ZooError } from '@zoo/core/base';
import { applyJoint, type Image, isFloatImage, type Transform, transformInto } from '@zoo/transforms/pipeline';
import { plainError } from './errors.ts';
import type { Failure, Job, JobItem, JobResult, PlainSource, Recipe } from './job.ts';
import { maskClasses } from './mask-classes.ts';

export type Decode = (
  source: PlainSource,
  options: { channels: 1 | 3; name: string; maxPixels?: number },
) => Promise<Image>;

/** Decodes at once and lends the image to `use`, where it can; otherwise gives undefined. */
export type DecodeNow = <T>(
  source: PlainSource,
  options: { channels: 1 | 3; maxPixels?: number },
  use: (image: Image) => T,
) => T | undefined;

interface Tools {
  /** A promise where it is built first: what goes wrong then goes wrong for every image. */
  transform: Transform | Promise<Transform>;
  decode: Decode;
  decodeNow?: DecodeNow;
}

/** The random numbers of one example: they depend on these three alone, so not on who makes it or when. */
function exampleRng(seed: number, epoch: number, index: number): Rng {
  let hash = seed >>> 0;
  for (const part of [epoch, index]) {
    hash = Math.imul(hash ^ part, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash = (hash ^ (hash >>> 16)) + 0x9e3779b9;
  }
  return createRng(hash >>> 0);
}

/** What the transform threw, told apart from what is wrong with a file. */
class TransformFailure extends Error {
  override readonly name = 'TransformFailure';

  constructor(cause: unknown) {
    super('', { cause });
  }
}

function transforming<T>(run: () => T): T {
  try {
    return run();
  } catch (cause) {
    throw new TransformFailure(cause);
  }
}

const failureOf = (error: unknown, name: string) =>
  error instanceof TransformFailure ? plainError(error.cause, name, 'transform') : plainError(error, name);

interface Place {
  inputs: Float32Array;
  masks?: Int32Array;
}

function checkShape(shape: { height: number; width: number; channels: number }, recipe: Recipe): void {
  const [height, width, channels] = recipe.inputShape;
  if (shape.height === height && shape.width === width && shape.channels === channels) return;
  throw new ZooError(
    'SHAPE_MISMATCH',
    `it became ${shape.height} x ${shape.width} x ${shape.channels}, where the transform gave ${recipe.inputShape.join(' x ')} before. Make the transform end in one size, by CenterCrop or Resize([height, width])`,
  );
}

async function makeExample(
  item: JobItem,
  { recipe, epoch }: Job,
  { transform, decode, decodeNow, place }: Tools & { transform: Transform; place: Place },
): Promise<void> {
  const { channels, maxPixels, mask } = recipe;
  const options = { channels, name: item.name, ...(maxPixels !== undefined && { maxPixels }) };
  const rng = exampleRng(recipe.seed, epoch, item.index);
  if (!mask || item.mask === undefined) {
    const finish = (image: Image) =>
      transforming(() => {
        checkShape(transformInto(transform, image, { rng, out: place.inputs }), recipe);
        return true;
      });
    if (!decodeNow?.(item.source, options, finish)) finish(await decode(item.source, options));
    return;
  }
  const image = await decode(item.source, options);
  const maskName = `mask of ${item.name}`;
  const drawn = await decode(item.mask, { ...options, channels: mask.colors ? 3 : 1, name: maskName });
  const classes = maskClasses(drawn, mask);
  if (classes.width !== image.width || classes.height !== image.height) {
    const [wide, high] = [classes.width, classes.height];
    throw new ZooError(
      'SHAPE_MISMATCH',
      `the mask has ${wide} x ${high} pixels, the image ${image.width} x ${image.height}`,
    );
  }
  transforming(() => {
    const pair = applyJoint(transform, { image, mask: classes }, { rng, maskFill: mask.fill });
    checkShape(pair.image, recipe);
    if (!isFloatImage(pair.image))
      throw new ZooError('INVALID_ARGUMENT', 'the transform gives bytes; end it with ToTensor');
    place.inputs.set(pair.image.data);
    place.masks?.set(pair.mask.data);
  });
}

/** How many images of a job are decoded at a time: while one is transformed, the next are decoded by other threads. */
const decodedAhead = 3;

/** Makes the examples of a job; what fails is reported, the others are made all the same. */
export async function runJob(job: Job, tools: Tools): Promise<JobResult> {
  const { items, recipe, slot, first } = job;
  const [height, width, channels] = recipe.inputShape;
  const size = height * width * channels;
  const inputs = slot
    ? new Float32Array(slot.inputs, first * size * 4, items.length * size)
    : new Float32Array(items.length * size);
  const area = height * width;
  const masks = !recipe.mask
    ? undefined
    : slot?.masks
      ? new Int32Array(slot.masks, first * area * 4, items.length * area)
      : new Int32Array(items.length * area);
  const built = Promise.resolve(tools.transform).catch((cause: unknown) => {
    throw new TransformFailure(cause);
  });
  const failures: Failure[] = [];
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const position = next++;
      const place: Place = {
        inputs: inputs.subarray(position * size, (position + 1) * size),
        ...(masks && { masks: masks.subarray(position * area, (position + 1) * area) }),
      };
      const item = items[position]!;
      try {
        if (item.failed) failures.push({ position, ...item.failed });
        else await makeExample(item, job, { ...tools, transform: await built, place });
      } catch (error) {
        failures.push({ position, ...failureOf(error, item.name) });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(decodedAhead, items.length) }, lane));
  failures.sort((a, b) => a.position - b.position);
  return slot ? { failures } : { failures, inputs, ...(masks && { masks }) };
}
