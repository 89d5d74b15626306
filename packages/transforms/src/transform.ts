import { currentRng, isZooError, type Rng, ZooError } from '@zoo/core/base';
import { type AnyImage, checkImage, type Image, type ImageShape } from './image.ts';
import { type Operation, shapeAfter } from './operation.ts';
import { runInto, runOnMask, runOperations } from './run-operations.ts';

/** A transform as plain JSON data, from which `fromDescription` makes an equal one. */
export interface TransformDescription {
  readonly transform: string;
  readonly options: Readonly<Record<string, unknown>>;
}

export interface Transform {
  /**
   * The transformed image; the one given stays as it is. `rng` decides what is random (default: the stream that
   * `manualSeed` restarts).
   */
  apply(image: AnyImage, rng?: Rng): AnyImage;
  describe(): TransformDescription;
}

/** An image with the class index of every pixel. */
export interface Labelled {
  image: AnyImage;
  /** One channel, same width and height. */
  mask: Image;
}

/** A transform of one's own that also moves pixels has this, so that masks can follow. */
export interface JointTransform extends Transform {
  applyJoint(pair: Labelled, rng: Rng): Labelled;
}

/** How errors name a transform of one's own: by its description, and where it comes from a module, by that. */
function ownName(transform: Transform): string {
  const { transform: name, options } = transform.describe();
  return name === 'custom' ? `'${options['export']}' of ${options['module']}` : `'${name}'`;
}

/** Says which transform of one's own threw. */
function named<T>(name: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const code = isZooError(cause) ? cause.code : 'INVALID_ARGUMENT';
    throw new ZooError(code, `The transform ${name} fails: ${message}`, { cause });
  }
}

/** Collects steps until something needs the pixels; so a resize never computes what a later crop throws away. */
export class Session {
  readonly rng: Rng;
  shape: ImageShape;
  image: AnyImage | undefined;
  mask: Image | undefined;
  readonly maskFill: number;
  pending: Operation[] = [];

  constructor(options: { shape: ImageShape; rng: Rng; image?: AnyImage; mask?: Image; maskFill?: number }) {
    this.shape = options.shape;
    this.rng = options.rng;
    this.image = options.image;
    this.mask = options.mask;
    this.maskFill = options.maskFill ?? 0;
  }

  add(steps: readonly Operation[]): void {
    for (const step of steps) {
      this.shape = shapeAfter(this.shape, step);
      this.pending.push(step);
    }
  }

  run(transform: Transform): void {
    if (transform instanceof PlannedTransform) {
      transform.plan(this);
      return;
    }
    const name = ownName(transform);
    if (!this.image) {
      throw new ZooError('NOT_SUPPORTED', `${name} is a transform of your own: what it does cannot be told ahead.`);
    }
    this.flush();
    const { image, mask } = this;
    if (!mask) this.image = named(name, () => checkImage(transform.apply(image, this.rng)));
    else {
      if (!('applyJoint' in transform)) {
        throw new ZooError('NOT_SUPPORTED', `${name} has no applyJoint(), so a mask cannot follow it.`);
      }
      const pair = named(name, () => {
        const moved = (transform as JointTransform).applyJoint({ image, mask }, this.rng);
        return { image: checkImage(moved.image), mask: checkImage(moved.mask) };
      });
      this.image = pair.image;
      this.mask = pair.mask;
    }
    this.shape = this.image;
  }

  flush(): void {
    if (this.image) this.image = runOperations(this.image, this.pending);
    if (this.mask) this.mask = runOnMask(this.mask, this.pending, this.maskFill);
    this.pending = [];
  }
}

/** A transform of this library: it decides what to do from the image's shape and random numbers alone. */
export abstract class PlannedTransform implements Transform {
  /** Adds what is to be done to the session. */
  abstract plan(session: Session): void;

  abstract describe(): TransformDescription;

  apply(image: AnyImage, rng: Rng = currentRng()): AnyImage {
    const session = new Session({ shape: checkImage(image), image, rng });
    session.run(this);
    session.flush();
    return session.image!;
  }

  /** How the transform reads in a printed pipeline: its description as JSON. */
  toString(): string {
    return JSON.stringify(this.describe());
  }
}

/** A planned transform whose steps follow from the shape at once. */
export abstract class Steps extends PlannedTransform {
  abstract draw(shape: ImageShape, rng: Rng): Operation[];

  override plan(session: Session): void {
    session.add(this.draw(session.shape, session.rng));
  }
}

/** The steps that the transform would take on an image of this shape, its random numbers drawn. */
export function drawOperations(transform: Transform, shape: ImageShape, rng: Rng = currentRng()): Operation[] {
  const session = new Session({ shape, rng });
  session.run(transform);
  return session.pending;
}

/**
 * `transform.apply(image, rng)` with the float32 result written to `out` (a batch's memory, say), without a copy where
 * the last step makes the floats. Gives the result's shape; throws `SHAPE_MISMATCH`, before `out` is touched, where the
 * result does not have as many values.
 */
export function transformInto(
  transform: Transform,
  image: AnyImage,
  { out, rng = currentRng() }: { out: Float32Array; rng?: Rng },
): ImageShape {
  const session = new Session({ shape: checkImage(image), image, rng });
  session.run(transform);
  const { width, height, channels } = session.shape;
  if (width * height * channels !== out.length) {
    throw new ZooError(
      'SHAPE_MISMATCH',
      `The transformed image of height, width, channels ${height} x ${width} x ${channels} does not fill ${out.length} values.`,
    );
  }
  runInto(session.image!, session.pending, out);
  return session.shape;
}

/**
 * Transforms an image and its mask alike: geometry moves both (the mask by nearest neighbour, new pixels get
 * `maskFill`, default 255, the "ignore" of Pascal VOC), colour and normalisation change the image alone.
 */
export function applyJoint(
  transform: Transform,
  { image, mask }: Labelled,
  { rng = currentRng(), maskFill = 255 }: { rng?: Rng; maskFill?: number } = {},
): Labelled {
  checkImage(image);
  checkImage(mask);
  if (mask.channels !== 1 || mask.width !== image.width || mask.height !== image.height) {
    throw new ZooError(
      'SHAPE_MISMATCH',
      `A mask has one channel and the size of its image (${image.width} x ${image.height}), got ${mask.width} x ${mask.height} x ${mask.channels}.`,
    );
  }
  const session = new Session({ shape: image, image, mask, maskFill, rng });
  session.run(transform);
  session.flush();
  return { image: session.image!, mask: session.mask! };
}
