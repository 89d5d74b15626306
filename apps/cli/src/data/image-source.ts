import { formatShape, type InputSpec, ZooError } from '@zoo/core';
import { type Dataset, type ImageDataset, subset, TensorDataset } from '@zoo/datasets';
import { Compose, Grayscale, type Image, presetFor, type Transform } from '@zoo/transforms';

interface Described {
  /** As it is printed. */
  name: string;
  classNames: readonly string[];
  /** Which of the images; all unless given. */
  indices?: readonly number[];
  /** The same images, where they came as tensors. */
  tensors?: TensorDataset;
}

/** Labelled images of one split, before they are prepared for a net. */
export class ImageSource {
  readonly name: string;
  readonly classNames: readonly string[];
  readonly labels: Int32Array;
  private readonly images: ImageDataset;
  private readonly indices: readonly number[] | undefined;
  private readonly tensors: TensorDataset | undefined;

  /** Throws `INVALID_ARGUMENT` for images without class labels, and for none at all. */
  constructor(images: ImageDataset, { name, classNames, indices, tensors }: Described) {
    const { labels } = images;
    if (!labels) throw new ZooError('INVALID_ARGUMENT', `${name} does not hold images with class labels.`);
    if (images.length === 0) throw new ZooError('INVALID_ARGUMENT', `${name} has no images.`);
    this.images = images;
    this.name = name;
    this.classNames = classNames;
    this.indices = indices;
    this.tensors = tensors;
    this.labels = indices ? Int32Array.from(indices, (i) => labels[i]!) : labels;
  }

  get length(): number {
    return this.labels.length;
  }

  /** Channels of the images as they come: 1 grey, 3 colour. */
  get channels(): number {
    return this.images.inputShape[2]!;
  }

  private chosen(all: Dataset): Dataset {
    return this.indices ? subset(all, this.indices) : all;
  }

  /** The images as `transform` prepares them. */
  prepared(transform: Transform): Dataset {
    return this.chosen(this.images.with({ transform }));
  }

  /** The images as torchvision's evaluation preset for the net prepares them, after `before`. */
  preparedFor(spec: InputSpec, before: readonly Transform[] = []): Dataset {
    const { tensors } = this;
    if (tensors && before.length === 0 && formatShape(tensors.inputShape) === formatShape([...spec.size, spec.channels]))
      return this.chosen(normalized(tensors, spec)); // nothing to resize: spares decoding
    const toColour = this.channels === 1 && spec.channels === 3 ? [new Grayscale({ channels: 3 })] : [];
    return this.prepared(new Compose([...before, ...toColour, presetFor(spec)]));
  }

  /** One image as it is, to be shown. */
  image(index: number): Promise<Image> {
    return this.images.image(this.indices?.[index] ?? index);
  }

  /** The same images, files that cannot be read left out of batches; each is told once. */
  skippingBad(onSkip: (name: string, reason: string) => void): ImageSource {
    const { name, classNames, indices, tensors } = this;
    const told = new Set<string>();
    const images = this.images.with({
      onBadFile: 'skip',
      onSkip: (bad) => {
        if (!told.has(bad.name)) onSkip(bad.name, bad.error.message);
        told.add(bad.name);
      },
    });
    return new ImageSource(images, { name, classNames, ...(indices && { indices }), ...(tensors && { tensors }) });
  }

  /** Some of the images, in the given order. */
  take(indices: readonly number[]): ImageSource {
    const { name, classNames, tensors } = this;
    const chosen = indices.map((i) => this.indices?.[i] ?? i);
    return new ImageSource(this.images, { name, classNames, indices: chosen, ...(tensors && { tensors }) });
  }

  /** What tells these images from others. */
  describe(): object {
    return this.prepared(this.images.transform).describe();
  }
}

function normalized(tensors: TensorDataset, { mean, std }: InputSpec): TensorDataset {
  const { inputs, inputShape, targets, classNames } = tensors;
  const { name } = tensors.describe();
  return new TensorDataset({
    ...{ inputs, inputShape, targets, name },
    ...(classNames && { classNames }),
    normalize: { mean, std },
  });
}
