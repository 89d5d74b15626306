import * as tf from '@tensorflow/tfjs-core';

/** What tfjs records of one operation; its types keep it private. */
interface TapeNode {
  kernelName: string;
  inputs: Readonly<Record<string, tf.Tensor>>;
  outputs: tf.Tensor[];
  saved: tf.Tensor[];
}

/**
 * Runs a gradient computation such as `tf.grad(f)(x)` in a `tf.tidy`, and leaves no tensor behind when it throws. tfjs frees what it
 * saved for the backward pass only where that pass completes.
 */
export function tidyTape<T extends tf.TensorContainer>(f: () => T): T {
  const { state } = tf.engine();
  try {
    return tf.tidy(f);
  } catch (error) {
    // The tape of an enclosing computation is still in use; that one frees it.
    if (state.gradientDepth === 0) freeTape(state.activeTape as unknown as TapeNode[] | null);
    throw error;
  }
}

function freeTape(tape: TapeNode[] | null): void {
  for (const node of tape ?? []) {
    tf.dispose(node.saved);
    if (isSaving(node)) tf.dispose(node.outputs);
  }
  tf.engine().state.activeTape = [];
}

/**
 * Whether `node` is the copy that tfjs keeps of a saved tensor. Where an operation throws after it saved, its own node, which would
 * list the copies, is never made. Such a copy shares its data, and its node is named after a scope instead of a kernel.
 */
const isSaving = ({ kernelName, inputs, outputs }: TapeNode): boolean =>
  inputs['x'] !== undefined &&
  outputs[0]?.dataId === inputs['x'].dataId &&
  tf.getKernel(kernelName, tf.getBackend()) === undefined;
