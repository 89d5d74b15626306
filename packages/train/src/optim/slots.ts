import * as tf from '@tensorflow/tfjs-core';

/** What an optimizer remembers of one parameter: a step count and tensors of the parameter's runtime shape. */
export class Slots {
  /** Updates made so far. */
  step = 0;
  readonly #variables = new Map<string, tf.Variable>();

  get(name: string): tf.Variable | undefined {
    return this.#variables.get(name);
  }

  /** The slot's value, filled with `value` the first time. */
  filled(name: string, shape: readonly number[], value = 0): tf.Variable {
    const slot = this.#variables.get(name);
    if (slot) return slot;
    return tf.tidy(() => this.set(name, tf.fill([...shape], value)));
  }

  /** Keeps `value`, which the caller still disposes, and returns the slot. */
  set(name: string, value: tf.Tensor): tf.Variable {
    let slot = this.#variables.get(name);
    if (slot) {
      slot.assign(value);
    } else {
      slot = tf.variable(value, false);
      this.#variables.set(name, slot);
    }
    return slot;
  }

  entries(): Array<[string, tf.Variable]> {
    return [...this.#variables];
  }

  dispose(): void {
    for (const slot of this.#variables.values()) slot.dispose();
    this.#variables.clear();
  }
}
