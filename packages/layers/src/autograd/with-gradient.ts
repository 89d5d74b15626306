import * as tf from '@tensorflow/tfjs-core';

interface GradientDefinition<Names extends string> {
  /** Tensors that the result depends on; each gets a gradient when one is asked for. */
  inputs: Readonly<Record<Names, tf.Tensor>>;
  /** Computes the result; what it passes to `save` is there for `backward`. */
  forward: (save: (tensors: tf.Tensor[]) => void) => tf.Tensor;
  /** Gradients by input name, as functions: only those that lead to a wanted parameter are called. */
  backward: (dy: tf.Tensor, saved: tf.Tensor[]) => Readonly<Record<Names, () => tf.Tensor>>;
}

interface KernelRunner {
  runKernelFunc(definition: {
    inputs: object;
    forwardFunc: (backend: unknown, save: (tensors: tf.Tensor[]) => void) => tf.Tensor;
    backwardsFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => object;
  }): tf.Tensor;
}

/**
 * One recorded operation with a gradient of its own. Unlike `tf.customGrad` it computes no gradient that nobody wants,
 * which frozen layers and first layers depend on.
 */
export function withGradient<Names extends string>({
  inputs,
  forward,
  backward,
}: GradientDefinition<Names>): tf.Tensor {
  const engine = tf.engine() as unknown as KernelRunner;
  return engine.runKernelFunc({ inputs, forwardFunc: (_, save) => forward(save), backwardsFunc: backward });
}

/** Whether operations are being recorded for a gradient. */
export function isRecording(): boolean {
  const { gradientDepth, kernelDepth } = tf.engine().state;
  return gradientDepth > 0 && kernelDepth === 0;
}
