import * as tf from '@tensorflow/tfjs-core';

/** The kernel calls of a computation, as an engine noted them. */
export interface CapturedCalls {
  /** Whether the other capture noted the same calls, on the same variables and constants. */
  equals(other: CapturedCalls): boolean;
  /**
   * The output for other inputs of the same shapes and types, by the variables' present values; undefined where a variable is gone.
   */
  replay(inputs: readonly tf.Tensor[]): tf.Tensor | undefined;
}

/** A tfjs backend that can make the kernel calls of a computation again without the code that made them. */
export interface CapturingBackend {
  /**
   * Runs `compute`. What it called comes along where its output, one tensor, follows from the inputs, variables and small constants
   * by kernels alone: nothing was read, and nothing else is left alive.
   */
  capture<T>(inputs: readonly tf.Tensor[], compute: () => T): { output: T; captured?: CapturedCalls };
}

/** The current backend, if it can capture. */
export function capturingBackend(): CapturingBackend | undefined {
  const backend = tf.backend() as Partial<CapturingBackend>;
  return typeof backend.capture === 'function' ? (backend as CapturingBackend) : undefined;
}
