import * as tf from '@tensorflow/tfjs-core';
import { ZooError } from '../error.ts';
import { formatShape, type HostTensor, numElements, permuteAxes, sameShape, toFloat32 } from '../host-tensor.ts';
import { currentRng, type Rng } from '../rng.ts';
import { isTracing, placeholderOf } from '../summary/tracing.ts';
import { type StateEntry, stateKind } from './state-entry.ts';

/** Fills a tensor of `shape` (PyTorch's layout, so that fans are PyTorch's) with initial values. */
export type Initializer = (shape: readonly number[], rng: Rng) => Float32Array;

export interface ParameterOptions {
  /** Runs on first use, never when values are loaded before. Default: zeros. */
  init?: Initializer;
  /** Axis order of the runtime tensor in terms of PyTorch's axes, e.g. `[2, 3, 1, 0]` for OIHW to HWIO. */
  layout?: readonly number[];
  /** Whether gradients are taken; default true. */
  requiresGrad?: boolean;
}

/**
 * A tensor of a module's state. It is described by its PyTorch shape, lives on the device in the runtime layout, and
 * converts itself at the state-dict boundary. Nothing is allocated before `value()` or `materialize()`.
 */
abstract class LazyTensor implements StateEntry {
  abstract readonly [stateKind]: 'parameter' | 'buffer';
  /** Shape in PyTorch's layout, as state dicts show it. */
  readonly shape: readonly number[];
  /** Shape of `value()`. */
  readonly runtimeShape: readonly number[];
  readonly #layout: readonly number[];
  readonly #init: Initializer;
  readonly #rng: Rng;
  #pending: Float32Array | undefined;
  #variable: tf.Variable | undefined;
  #disposed = false;

  constructor(shape: readonly number[], options: Omit<ParameterOptions, 'requiresGrad'> = {}) {
    this.shape = [...shape];
    this.#layout = options.layout ?? shape.map((_, axis) => axis);
    this.runtimeShape = this.#layout.map((axis) => shape[axis]!);
    this.#init = options.init ?? ((s) => new Float32Array(numElements(s)));
    this.#rng = currentRng().split();
  }

  get size(): number {
    return numElements(this.shape);
  }

  /** Axis order that turns a tensor of `runtimeShape`, such as a gradient, into PyTorch's layout. */
  get toTorchAxes(): number[] {
    return this.#layout.map((_, axis) => this.#layout.indexOf(axis));
  }

  /** The device variable in runtime layout; runs the initializer or uploads loaded values on first use. */
  variable(): tf.Variable {
    if (this.#disposed)
      throw new ZooError('DISPOSED', `A parameter of shape ${formatShape(this.shape)} was used after dispose().`);
    if (!this.#variable) {
      const host = this.#pending ?? this.#initialValues();
      const values = permuteAxes(host, this.shape, this.#layout);
      const initial = tf.tensor(values, [...this.runtimeShape] as number[], 'float32');
      this.#variable = tf.variable(initial, this[stateKind] === 'parameter');
      initial.dispose();
      this.#pending = undefined;
    }
    return this.#variable;
  }

  /** The current value in runtime layout. It belongs to the parameter: do not dispose it. */
  value(): tf.Tensor {
    return (this.#disposed ? undefined : placeholderOf(this)) ?? this.variable();
  }

  get materialized(): boolean {
    return this.#variable !== undefined;
  }

  /** Replaces the device value by a tensor of `runtimeShape`. */
  assign(value: tf.Tensor): void {
    if (isTracing()) return;
    this.variable().assign(value);
  }

  async toHost(): Promise<HostTensor> {
    if (!this.#variable && !this.#disposed) {
      this.#pending ??= this.#initialValues();
      return { dtype: 'float32', shape: this.shape, data: this.#pending.slice() };
    }
    const data = (await this.variable().data()) as Float32Array;
    const host = permuteAxes(data, this.runtimeShape, this.toTorchAxes);
    return { dtype: 'float32', shape: this.shape, data: host === data ? data.slice() : host };
  }

  load(tensor: HostTensor): void {
    if (!sameShape(tensor.shape, this.shape)) {
      throw new ZooError('SHAPE_MISMATCH', `expected ${formatShape(this.shape)}, got ${formatShape(tensor.shape)}`);
    }
    const values = toFloat32(tensor);
    if (!this.#variable) {
      this.#pending = values === tensor.data ? values.slice() : values;
      return;
    }
    tf.tidy(() =>
      this.variable().assign(
        tf.tensor(permuteAxes(values, this.shape, this.#layout), [...this.runtimeShape], 'float32'),
      ),
    );
  }

  dispose(): void {
    this.#variable?.dispose();
    this.#variable = undefined;
    this.#pending = undefined;
    this.#disposed = true;
  }

  #initialValues(): Float32Array {
    const values = this.#init(this.shape, this.#rng);
    if (values.length !== this.size) {
      throw new ZooError(
        'SHAPE_MISMATCH',
        `An initializer returned ${values.length} values for shape ${formatShape(this.shape)}.`,
      );
    }
    return values;
  }
}

/** A trainable tensor. */
export class Parameter extends LazyTensor {
  readonly [stateKind] = 'parameter';
  requiresGrad: boolean;

  constructor(shape: readonly number[], options: ParameterOptions = {}) {
    super(shape, options);
    this.requiresGrad = options.requiresGrad ?? true;
  }
}

/** State that is saved but never trained, such as running statistics. */
export class ModuleBuffer extends LazyTensor {
  readonly [stateKind] = 'buffer';
}

/** An int64 scalar of the state dict kept on the host, such as batch norm's `num_batches_tracked`. */
export class Counter implements StateEntry {
  readonly [stateKind] = 'buffer';
  readonly shape: readonly number[] = [];
  value = 0;

  async toHost(): Promise<HostTensor> {
    return { dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(this.value)) };
  }

  load(tensor: HostTensor): void {
    if (tensor.data.length !== 1)
      throw new ZooError('SHAPE_MISMATCH', `expected a scalar, got ${formatShape(tensor.shape)}`);
    this.value = Number(tensor.data[0]);
  }

  dispose(): void {}
}
