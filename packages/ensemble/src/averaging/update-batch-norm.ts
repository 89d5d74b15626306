import * as tf from '@tensorflow/tfjs-core';
import { type AnyModule, type BatchSource, noGrad } from '@zoo/core';
import { BatchNorm1d, BatchNorm2d } from '@zoo/layers';
import { eachBatch } from '../each-batch.ts';

type BatchNorm = BatchNorm1d | BatchNorm2d;

const tracks = (module: AnyModule): module is BatchNorm =>
  (module instanceof BatchNorm1d || module instanceof BatchNorm2d) && module.running_mean !== undefined;

/** The layer's own option, which is fixed in use; null averages all batches alike. */
function setMomentum(norm: BatchNorm, momentum: number | null): void {
  (norm as { momentum: number | null }).momentum = momentum;
}

/**
 * Recomputes the running statistics of all batch norms that are not frozen, as means over the batches of one pass in
 * training mode: `torch.optim.swa_utils.update_bn`. Averaged weights need it, as their activations are nobody's.
 */
export async function updateBatchNorm(net: AnyModule, source: BatchSource): Promise<void> {
  const norms = Array.from(net.namedModules(), ([, module]) => module).filter(
    (module): module is BatchNorm => tracks(module) && !module.frozen,
  );
  if (norms.length === 0) return;
  const momenta = norms.map(({ momentum }) => momentum);
  const modes = Array.from(net.namedModules(), ([, module]) => [module, module.training] as const);
  for (const norm of norms) {
    setMomentum(norm, null);
    tf.tidy(() => {
      norm.running_mean!.assign(tf.zeros([norm.features]));
      norm.running_var!.assign(tf.ones([norm.features]));
    });
    norm.num_batches_tracked!.value = 0;
  }
  net.train();
  try {
    await eachBatch('updateBatchNorm', source, ({ inputs }) => {
      noGrad(() => tf.dispose(net.call(inputs)));
    });
  } finally {
    for (const [module, training] of modes) module.train(training); // parents come before their children
    for (const [i, norm] of norms.entries()) setMomentum(norm, momenta[i]!);
  }
}
