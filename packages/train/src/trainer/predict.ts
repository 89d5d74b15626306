import * as tf from '@tensorflow/tfjs-core';
import { type BatchSource, type Module, noGrad, ZooError } from '@zoo/core';
import { EventLoopShare } from './event-loop.ts';
import { mainOutput } from './train-step.ts';

/** Outputs of one batch, or of every batch of a source joined along the first axis. */
export async function predictAll<Out>(
  model: Module<[tf.Tensor], Out>,
  inputs: tf.Tensor | BatchSource,
): Promise<tf.Tensor> {
  const predict = (batch: tf.Tensor) => tf.tidy(() => mainOutput(model.predict(batch)));
  if (inputs instanceof tf.Tensor) return predict(inputs);
  const share = new EventLoopShare();
  const outputs: tf.Tensor[] = [];
  try {
    for await (const batch of inputs.epoch(0)) {
      try {
        outputs.push(predict(batch.inputs));
      } finally {
        tf.dispose([batch.inputs, batch.targets]);
      }
      await share.give();
    }
    if (outputs.length === 0) throw new ZooError('INVALID_ARGUMENT', 'The source to predict has no batches.');
    return noGrad(() => tf.concat(outputs, 0));
  } finally {
    tf.dispose(outputs);
  }
}
