import * as tf from '@tensorflow/tfjs-core';
import { type Batch, ZooError, type ZooErrorCode } from '@zoo/core';
import { type AnyImage, type Image, isFloatImage, type Transform } from '@zoo/transforms';
import { type BadFile, type BadFileOptions, BadFiles } from './bad-files.ts';
import type { BatchOptions, Dataset, DatasetDescription, FingerprintOptions } from './dataset.ts';
import { Fingerprint } from './fingerprint.ts';
import { plainError, rebuiltError } from './workers/errors.ts';
import type { Job, JobItem, JobResult, PlainSource, Recipe } from './workers/job.ts';
import { runJob } from './workers/run-job.ts';

/** A path or `file:` URL (Node), a URL (browsers), the bytes, or a function that fetches them when they are needed. */
export type ImageSource = PlainSource | (() => Promise<Uint8Array | Blob>);

export interface ImageItem {
  /** Names the image in errors. */
  name: string;
  source: ImageSource;
  label?: number;
  /** Float targets, as many for every image. */
  target?: readonly number[];
  /** An image of the same size that says the class of every pixel. */
  mask?: ImageSource;
}

export interface ImageDatasetOptions extends BadFileOptions {
  /** All with a label, all with a target, all with a mask, or none (every target is then -1). */
  items: readonly ImageItem[];
  /** Must end in `ToTensor` or `Normalize`, and in one size. */
  transform: Transform;
  classNames?: readonly string[];
  /** 3 (default): RGB; 1: luminance. */
  channels?: 1 | 3;
  /** Class index of every colour in masks; other colours get `maskFill`. Without it, grey values are class indices. */
  maskColors?: readonly (readonly [number, number, number])[];
  /** Class of mask pixels from outside the image; default 255. */
  maskFill?: number;
  /** Larger images count as bad; default 178,956,970, as PIL. */
  maxPixels?: number;
  /** Of random transforms, which draw from (seed, epoch, index) alone; default 0. */
  seed?: number;
  /** For descriptions and errors; default `images`. */
  name?: string;
  /** Further facts for `describe()`. */
  details?: Readonly<Record<string, unknown>>;
}

/** A batch of images, which tells whose they are. */
export interface ImageBatch extends Batch {
  /** Numbers of the examples in it: those asked for, without the files that were left out. */
  indices: Uint32Array;
}

const invalid = (message: string): ZooError => new ZooError('INVALID_ARGUMENT', message);

const bytesOf = async (source: ImageSource): Promise<PlainSource> => (typeof source === 'function' ? source() : source);

let recipes = 0;

const probe = (width: number, height: number, channels: number): Image => ({
  width,
  height,
  channels,
  data: new Uint8Array(width * height * channels),
});

const shapeOf = ({ height, width, channels }: AnyImage): [number, number, number] => [height, width, channels];

/** The shape of every transformed image: two of different sizes must give the same. */
function constantShape(transform: Transform, channels: 1 | 3, name: string): [number, number, number] {
  if (typeof transform?.apply !== 'function') {
    throw invalid(`${name} needs a transform, such as presetFor(net.inputSpec) of @zoo/transforms.`);
  }
  const [first, second] = [probe(96, 64, channels), probe(64, 80, channels)].map((image) => {
    try {
      return transform.apply(image);
    } catch (cause) {
      const { code, message } = plainError(cause, name, 'transform');
      const size = `${image.width} x ${image.height}`;
      throw new ZooError(
        code as ZooErrorCode,
        `${message} (on a black image of ${size} pixels, by which its output is known)`,
        { cause },
      );
    }
  });
  if (!isFloatImage(first!)) throw invalid(`${name}: the transform gives bytes; end it with ToTensor and Normalize.`);
  const shapes = [shapeOf(first), shapeOf(second!)];
  if (shapes[0]!.join() === shapes[1]!.join()) return shapes[0]!;
  throw invalid(
    `${name}: the transform gives images of different sizes (${shapes.map((s) => s.join(' x ')).join(', ')}), which fit no batch. Put CenterCrop or Resize([height, width]) into it.`,
  );
}

/** Items of one kind each: what their targets are. */
function targetKind(items: readonly ImageItem[], name: string): 'label' | 'target' | 'mask' | 'none' {
  const kinds = items.map((item) => {
    const given = (['label', 'target', 'mask'] as const).filter((kind) => item[kind] !== undefined);
    if (given.length > 1) throw invalid(`${name}: '${item.name}' has both ${given.join(' and ')}; give one of them.`);
    return given[0] ?? 'none';
  });
  const other = kinds.findIndex((kind) => kind !== kinds[0]);
  if (other < 0) return kinds[0] ?? 'none';
  throw invalid(`${name}: '${items[0]!.name}' has ${kinds[0]}, but '${items[other]!.name}' has ${kinds[other]}.`);
}

function checkedLabels(
  items: readonly ImageItem[],
  classNames: readonly string[] | undefined,
  name: string,
): Int32Array {
  const limit = classNames?.length ?? 2 ** 31;
  return Int32Array.from(items, (item) => {
    const label = item.label!;
    if (Number.isInteger(label) && label >= 0 && label < limit) return label;
    throw invalid(
      `${name}: '${item.name}' has label ${label}, ${classNames ? `but there are ${limit} classes` : 'not a class number'}.`,
    );
  });
}

/**
 * Images that are decoded and transformed when they are asked for: by the thread that asks, or by the workers of a
 * `DataLoader`. Files are read only then, so that a dataset of any length takes no memory.
 */
export class ImageDataset implements Dataset {
  readonly length: number;
  readonly inputShape: readonly number[];
  readonly classNames?: readonly string[];
  readonly labels?: Int32Array;
  readonly items: readonly ImageItem[];
  readonly transform: Transform;
  /** How the examples are made; the workers of a `DataLoader` read it. */
  readonly recipe: Recipe;
  private readonly options: ImageDatasetOptions;
  private readonly name: string;
  private readonly kind: ReturnType<typeof targetKind>;
  private readonly bad: BadFiles;

  constructor(options: ImageDatasetOptions) {
    const { items, transform, classNames, channels = 3, maskColors, maskFill = 255, maxPixels, seed = 0 } = options;
    this.name = options.name ?? 'images';
    this.options = options;
    this.items = [...items];
    this.length = items.length;
    this.transform = transform;
    this.kind = targetKind(items, this.name);
    if (classNames) this.classNames = [...classNames];
    if (this.kind === 'label') this.labels = checkedLabels(items, classNames, this.name);
    const odd = items.findIndex(({ target }) => target?.length !== items[0]?.target?.length || target?.length === 0);
    if (odd >= 0)
      throw invalid(
        `${this.name}: '${items[odd]!.name}' has ${items[odd]!.target!.length} targets, '${items[0]!.name}' ${items[0]!.target!.length}.`,
      );
    this.bad = new BadFiles(options, this.name, (index) => this.items[index]!.name);
    if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff)
      throw invalid(`${this.name}: a seed is an integer between 0 and 4294967295, got ${seed}.`);
    const inputShape = constantShape(transform, channels, this.name);
    this.inputShape = inputShape;
    this.recipe = {
      id: recipes++,
      transform: transform.describe(),
      inputShape,
      channels,
      seed,
      ...(maxPixels !== undefined && { maxPixels }),
      ...(this.kind === 'mask' && { mask: { fill: maskFill, ...(maskColors && { colors: maskColors }) } }),
    };
  }

  /** The files left out so far, in their order; needs `onBadFile: 'skip'` or 'skipAny'. */
  get skipped(): readonly BadFile[] {
    return this.bad.list;
  }

  /** The same images otherwise transformed or treated. */
  with(
    changes: Partial<Pick<ImageDatasetOptions, 'transform' | 'seed' | 'onBadFile' | 'onSkip' | 'maxPixels'>>,
  ): ImageDataset {
    return new ImageDataset({ ...this.options, ...changes });
  }

  /** The decoded image before any transform. */
  async image(index: number): Promise<Image> {
    const item = await this.jobItem(index);
    if (item.failed) throw rebuiltError(item.failed);
    const { decodeSource } = await import('#platform');
    const { channels, maxPixels } = this.recipe;
    return decodeSource(item.source, { channels, name: item.name, ...(maxPixels !== undefined && { maxPixels }) });
  }

  async batch(indices: ArrayLike<number>, { epoch = 0 }: BatchOptions = {}): Promise<ImageBatch> {
    const { decodeSource } = await import('#platform');
    const list = Uint32Array.from(indices);
    const job = await this.job(list, { epoch, first: 0 });
    const result = await runJob(job, { transform: this.transform, decode: decodeSource });
    const good = this.leaveOut(list, result.failures);
    return this.toBatch(list, good, { inputs: result.inputs!, ...(result.masks && { masks: result.masks }) });
  }

  /** Of files and bytes, masks included; what a function would fetch is not looked at. */
  async fingerprint(indices: ArrayLike<number>, options: FingerprintOptions = {}): Promise<string> {
    const { sourcesFingerprint } = await import('#platform');
    const sources = Array.from(indices, (i) => this.items[i]!).flatMap(({ source, mask }) => [source, mask]);
    return sourcesFingerprint(
      sources.map((source) => (typeof source === 'function' ? undefined : source)),
      options,
    );
  }

  private async jobItem(index: number): Promise<JobItem> {
    const item = this.items[index];
    if (!item) throw invalid(`${this.name}: there is no example ${index}, only 0 to ${this.length - 1}.`);
    const { name, source, mask } = item;
    try {
      return { name, index, source: await bytesOf(source), ...(mask !== undefined && { mask: await bytesOf(mask) }) };
    } catch (error) {
      return { name, index, source: '', failed: plainError(error, name) };
    }
  }

  /** For `DataLoader`: the examples of `indices` as a job for a worker. */
  async job(indices: Uint32Array, place: Pick<Job, 'epoch' | 'first' | 'slot'>): Promise<Job> {
    return { recipe: this.recipe, items: await Promise.all(Array.from(indices, (i) => this.jobItem(i))), ...place };
  }

  /** For `DataLoader`: throws the first failure that is not to be left out, else tells which positions are good. */
  leaveOut(indices: Uint32Array, failures: JobResult['failures']): number[] {
    return this.bad.leaveOut(indices, failures);
  }

  /** For `DataLoader`: tensors of the good positions. */
  toBatch(
    indices: Uint32Array,
    good: readonly number[],
    values: { inputs: Float32Array; masks?: Int32Array },
  ): ImageBatch {
    const kept = Uint32Array.from(good, (position) => indices[position]!);
    const n = kept.length;
    const [height, width] = this.recipe.inputShape;
    const area = height * width;
    const inputs = packed(values.inputs, good, area * this.recipe.inputShape[2]);
    const masks = values.masks && packed(values.masks, good, area);
    return {
      indices: kept,
      inputs: tf.tensor(inputs, [n, ...this.inputShape], 'float32'),
      targets: masks ? tf.tensor(masks, [n, height, width], 'int32') : this.targets(kept),
    };
  }

  private targets(indices: Uint32Array): tf.Tensor {
    if (this.kind !== 'target')
      return tf.tensor1d(
        Int32Array.from(indices, (i) => this.labels?.[i] ?? -1),
        'int32',
      );
    const width = this.items[0]!.target!.length;
    const values = Float32Array.from(Array.from(indices, (i) => this.items[i]!.target!).flat());
    return tf.tensor(values, width === 1 ? [indices.length] : [indices.length, width], 'float32');
  }

  describe(): DatasetDescription {
    const { transform, channels, seed, mask, maxPixels } = this.recipe;
    const print = new Fingerprint();
    for (const { name, label, target } of this.items) print.add(JSON.stringify([name, label ?? target ?? null]));
    return {
      name: this.name,
      length: this.length,
      inputShape: this.inputShape,
      ...(this.classNames && { classNames: this.classNames }),
      channels,
      transform,
      seed,
      ...(mask && { mask }),
      ...(maxPixels !== undefined && { maxPixels }),
      items: print.toString(),
      ...this.options.details,
    };
  }
}

/** The examples at the good positions side by side, in memory that the tensor may keep. */
function packed<T extends Float32Array | Int32Array>(values: T, good: readonly number[], size: number): T {
  const shared = typeof SharedArrayBuffer !== 'undefined' && values.buffer instanceof SharedArrayBuffer;
  // The wasm engine copies what it is given at once; others keep it, and shared memory is used again.
  const mayKeep = !shared || tf.getBackend() === 'wasm';
  if (mayKeep && good.length * size === values.length) return values;
  const kind = values.constructor as new (length: number) => T;
  const out = new kind(good.length * size);
  for (const [i, position] of good.entries())
    out.set(values.subarray(position * size, (position + 1) * size), i * size);
  return out;
}
