import * as tf from '@tensorflow/tfjs-core';
import { checkBackendErrors, noGrad } from '@zoo/core';

export interface RunningLossState {
  sum: number;
  examples: number;
}

/** Where a loss that is not finite was met. */
export interface BadLoss {
  value: number;
  step: number;
}

/**
 * The mean loss of an epoch. Losses wait on the device until `read`, which fetches all of them at once and adds them in
 * float64 in their order, so that the mean does not depend on how often it is read.
 */
export class RunningLoss {
  #pending: Array<{ loss: tf.Tensor; examples: number; step: number }> = [];
  #sum = 0;
  #examples = 0;
  #bad: BadLoss | undefined;

  /** Takes over the scalar `loss`, a mean over `examples`. */
  add(loss: tf.Tensor, { examples, step }: { examples: number; step: number }): void {
    this.#pending.push({ loss, examples, step });
  }

  /** Number of losses that are still on the device. */
  get pending(): number {
    return this.#pending.length;
  }

  /** The mean of what has been read. */
  get mean(): number | undefined {
    return this.#examples > 0 ? this.#sum / this.#examples : undefined;
  }

  /** Fetches the waiting losses; returns the first since the last reset that is NaN or infinite. */
  async read(): Promise<BadLoss | undefined> {
    const waiting = this.#pending;
    if (waiting.length === 0) return this.#bad;
    this.#pending = [];
    const losses = waiting.map(({ loss }) => loss);
    let values: ArrayLike<number>;
    let joined: tf.Tensor | undefined;
    try {
      joined = noGrad(() => tf.tidy(() => tf.stack(losses.map((loss) => tf.reshape(loss, [])))));
      tf.dispose(losses);
      values = await joined.data();
    } finally {
      tf.dispose([...losses, ...(joined ? [joined] : [])]);
    }
    await checkBackendErrors();
    waiting.forEach(({ examples, step }, i) => {
      if (examples === 0) return; // the mean over nothing, NaN
      const value = values[i]!;
      if (!Number.isFinite(value)) this.#bad ??= { value, step };
      this.#sum += value * examples;
      this.#examples += examples;
    });
    return this.#bad;
  }

  reset(): void {
    this.loadState({ sum: 0, examples: 0 });
  }

  /** Complete only after `read`. */
  state(): RunningLossState {
    return { sum: this.#sum, examples: this.#examples };
  }

  loadState({ sum, examples }: RunningLossState): void {
    this.dispose();
    this.#sum = sum;
    this.#examples = examples;
    this.#bad = undefined;
  }

  dispose(): void {
    tf.dispose(this.#pending.map(({ loss }) => loss));
    this.#pending = [];
  }
}
