import * as tf from '@tensorflow/tfjs-core';
import { type Batch, formatShape, numElements, ZooError } from '@zoo/core';
import type { Dataset, DatasetDescription } from './dataset.ts';

/** Per-channel statistics: a batch holds `(value - mean) / std`, as torchvision's `Normalize`. */
export interface Normalization {
  mean: readonly number[];
  std: readonly number[];
}

export interface TensorDatasetOptions {
  /** All examples, one after the other. Bytes stay bytes in memory; batches hold them divided by 255. */
  inputs: Uint8Array | Float32Array;
  /** Shape of one example, channels last. */
  inputShape: readonly number[];
  /** Integers are class labels, floats regression targets. */
  targets: Uint8Array | Int32Array | Float32Array;
  /** Shape of one float target; `[]` unless given. */
  targetShape?: readonly number[];
  classNames?: readonly string[];
  normalize?: Normalization;
  /** Name for descriptions and errors. */
  name?: string;
  /** A hash of the data, for descriptions: results got with other data of this name can then be told apart. */
  content?: string;
}

const invalid = (message: string): ZooError => new ZooError('INVALID_ARGUMENT', message);

function checkNormalization({ mean, std }: Normalization, channels: number): void {
  const finite = [...mean, ...std].every(Number.isFinite) && std.every((s) => s > 0);
  if (mean.length !== channels || std.length !== channels || !finite) {
    throw invalid(`normalize needs ${channels} finite means and positive stds, one per channel.`);
  }
}

/** Examples in host memory, such as images with labels or rows of numbers with float targets. */
export class TensorDataset implements Dataset {
  readonly length: number;
  readonly inputShape: readonly number[];
  readonly inputs: Uint8Array | Float32Array;
  readonly targets: Int32Array | Float32Array;
  readonly targetShape: readonly number[];
  readonly classNames?: readonly string[];
  readonly labels?: Int32Array;
  private readonly name: string;
  private readonly content: string | undefined;
  private readonly normalize: Normalization | undefined;
  /** float32 value of every byte, 256 per channel. */
  private readonly byteValues: Float32Array;

  constructor(options: TensorDatasetOptions) {
    const { inputs, inputShape, targets, targetShape = [], classNames, normalize, name = 'tensors' } = options;
    const size = numElements(inputShape);
    if (!inputShape.every((d) => Number.isInteger(d) && d > 0) || inputs.length % size !== 0) {
      throw invalid(
        `${name}: ${inputs.length} inputs do not divide into examples of shape ${formatShape(inputShape)}.`,
      );
    }
    this.length = inputs.length / size;
    if (targets.length !== this.length * numElements(targetShape)) {
      throw invalid(
        `${name}: ${this.length} examples, but ${targets.length} targets of shape ${formatShape(targetShape)}.`,
      );
    }
    const channels = inputShape.at(-1) ?? 1;
    if (normalize) checkNormalization(normalize, channels);
    this.name = name;
    this.content = options.content;
    this.inputs = inputs;
    this.inputShape = [...inputShape];
    this.targetShape = [...targetShape];
    this.normalize = normalize;
    this.byteValues = Float32Array.from({ length: 256 * channels }, (_, i) => this.normalized((i % 256) / 255, i >> 8));
    this.targets = targets instanceof Uint8Array ? Int32Array.from(targets) : targets;
    if (this.targets instanceof Int32Array && targetShape.length === 0) this.labels = this.targets;
    if (classNames) {
      this.classNames = [...classNames];
      if (!this.labels) throw invalid(`${name}: classNames go with integer labels, one per example.`);
      const wrong = this.labels.findIndex((label) => label < 0 || label >= classNames.length);
      if (wrong >= 0) {
        const label = this.labels[wrong];
        throw invalid(`${name}: example ${wrong} has label ${label}, but there are ${classNames.length} classes.`);
      }
    }
  }

  /** In float32 steps, as PyTorch computes it. */
  private normalized(value: number, channel: number): number {
    if (!this.normalize) return Math.fround(value);
    const centred = Math.fround(Math.fround(value) - Math.fround(this.normalize.mean[channel]!));
    return Math.fround(centred / Math.fround(this.normalize.std[channel]!));
  }

  batch(indices: ArrayLike<number>): Batch {
    const n = indices.length;
    const size = numElements(this.inputShape);
    const targetSize = numElements(this.targetShape);
    const inputs = new Float32Array(n * size);
    const targets =
      this.targets instanceof Int32Array ? new Int32Array(n * targetSize) : new Float32Array(n * targetSize);
    for (let i = 0; i < n; i++) {
      const index = indices[i]!;
      if (!Number.isInteger(index) || index < 0 || index >= this.length) {
        throw invalid(`${this.name}: there is no example ${index}, only 0 to ${this.length - 1}.`);
      }
      this.copyInput(index, inputs.subarray(i * size, (i + 1) * size));
      targets.set(this.targets.subarray(index * targetSize, (index + 1) * targetSize), i * targetSize);
    }
    return {
      inputs: tf.tensor(inputs, [n, ...this.inputShape], 'float32'),
      targets: tf.tensor(targets, [n, ...this.targetShape], targets instanceof Int32Array ? 'int32' : 'float32'),
    };
  }

  private copyInput(index: number, out: Float32Array): void {
    const source = this.inputs.subarray(index * out.length, (index + 1) * out.length);
    const channels = this.inputShape.at(-1) ?? 1;
    if (source instanceof Float32Array) {
      if (!this.normalize) out.set(source);
      else for (let k = 0; k < out.length; k++) out[k] = this.normalized(source[k]!, k % channels);
    } else if (channels === 1) {
      for (let k = 0; k < out.length; k++) out[k] = this.byteValues[source[k]!]!;
    } else {
      for (let k = 0; k < out.length; k++) out[k] = this.byteValues[source[k]! + 256 * (k % channels)]!;
    }
  }

  describe(): DatasetDescription {
    return {
      name: this.name,
      length: this.length,
      inputShape: this.inputShape,
      ...(this.classNames && { classNames: this.classNames }),
      ...(this.normalize && { normalize: this.normalize }),
      ...(this.content !== undefined && { content: this.content }),
    };
  }
}
