import * as tf from '@tensorflow/tfjs-core';
import { noGrad, numElements } from '@zoo/core';

/**
 * A running sum on the device. Reading moves it to float64 on the host, so that float32's exact range of 2^24 has to
 * last only from one read to the next.
 */
export class DeviceSum {
  readonly #shape: readonly number[];
  readonly #host: Float64Array;
  #device: tf.Variable | undefined;

  constructor(shape: readonly number[] = []) {
    this.#shape = shape;
    this.#host = new Float64Array(numElements(shape));
  }

  /** Adds what `f` returns, outside gradients; disposes what `f` left. */
  add(f: () => tf.Tensor): void {
    noGrad(() =>
      tf.tidy(() => {
        const value = f();
        if (this.#device) this.#device.assign(tf.add(this.#device, value));
        else this.#device = tf.variable(value, false);
      }),
    );
  }

  async read(): Promise<Float64Array> {
    const device = this.#device;
    if (device) {
      this.#device = undefined;
      try {
        const values = await device.data();
        for (let i = 0; i < values.length; i++) this.#host[i]! += values[i]!;
      } finally {
        device.dispose();
      }
    }
    return this.#host;
  }

  set(values: ArrayLike<number>): void {
    if (values.length !== this.#host.length) throw new RangeError(`${values.length} sums for shape ${this.#shape}`);
    this.dispose();
    this.#host.set(values);
  }

  dispose(): void {
    this.#device?.dispose();
    this.#device = undefined;
  }
}
