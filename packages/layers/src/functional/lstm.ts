import * as tf from '@tensorflow/tfjs-core';

/** Runtime tensors of one LSTM layer; gates in PyTorch's order: input, forget, cell, output. */
export interface LstmWeights {
  /** `[in, 4 * hidden]` */
  input: tf.Tensor;
  /** `[hidden, 4 * hidden]` */
  hidden: tf.Tensor;
  /** `[4 * hidden]`, the sum of PyTorch's two biases. */
  bias?: tf.Tensor | undefined;
}

/** `[n, hidden]` each. */
export interface LstmCellState {
  h: tf.Tensor2D;
  c: tf.Tensor2D;
}

/** Runs one layer over `[t, n, in]`; gives the hidden states of all steps and the last state. */
export function lstmLayer(
  x: tf.Tensor3D,
  weights: LstmWeights,
  initial: LstmCellState,
): { outputs: tf.Tensor2D[]; state: LstmCellState } {
  const [steps, n, features] = x.shape;
  const width = weights.hidden.shape[1]!;
  // The inputs' share of all steps at once.
  const product = tf.matMul(tf.reshape(x, [steps * n, features]), weights.input as tf.Tensor2D);
  const projected = weights.bias ? tf.add(product, weights.bias) : product;
  const perStep = tf.unstack(tf.reshape(projected, [steps, n, width])) as tf.Tensor2D[];
  const outputs: tf.Tensor2D[] = [];
  let state = initial;
  for (const step of perStep) {
    state = nextState(tf.add(step, tf.matMul(state.h, weights.hidden as tf.Tensor2D)), state.c);
    outputs.push(state.h);
  }
  return { outputs, state };
}

function nextState(gates: tf.Tensor2D, c: tf.Tensor2D): LstmCellState {
  const [i, f, g, o] = tf.split(gates, 4, 1) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
  const cell: tf.Tensor2D = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
  return { h: tf.mul(tf.sigmoid(o), tf.tanh(cell)), c: cell };
}
