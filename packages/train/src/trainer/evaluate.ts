import * as tf from '@tensorflow/tfjs-core';
import { type BatchSource, type Module, noGrad, ZooError } from '@zoo/core';
import { EventLoopShare } from './event-loop.ts';
import type { MetricSet } from './metric-set.ts';
import { RunningLoss } from './running-loss.ts';
import { type LossFunction, mainOutput } from './train-step.ts';

/** Mean loss, number of examples and the metrics by name. */
export interface Evaluation {
  loss: number;
  examples: number;
  accuracy?: number;
  [metric: string]: number | undefined;
}

export interface EvaluateParts<Out> {
  model: Module<[tf.Tensor], Out>;
  loss: LossFunction<Out>;
  metrics: MetricSet;
  readEvery: number;
  signal?: AbortSignal | undefined;
}

export const interrupted = (what: string): ZooError =>
  new ZooError('INTERRUPTED', `${what} was interrupted; the last step is complete.`);

/** One pass over `source` in evaluation mode, without gradients. */
export async function evaluate<Out>(parts: EvaluateParts<Out>, source: BatchSource): Promise<Evaluation> {
  const { model, loss, metrics, readEvery, signal } = parts;
  const share = new EventLoopShare();
  const running = new RunningLoss();
  let examples = 0;
  try {
    for await (const { inputs, targets } of source.epoch(0)) {
      const [n = 0] = inputs.shape;
      try {
        const value = noGrad(() =>
          tf.tidy(() => {
            const outputs = model.predict(inputs);
            metrics.update(mainOutput(outputs), targets);
            return loss(outputs, targets);
          }),
        );
        running.add(value, { examples: n, step: 0 });
      } finally {
        tf.dispose([inputs, targets]);
      }
      examples += n;
      if (running.pending >= readEvery) await running.read();
      await share.give();
      if (signal?.aborted) throw interrupted('The evaluation');
    }
    await running.read();
    if (examples === 0) throw new ZooError('INVALID_ARGUMENT', 'The source to evaluate on has no batches.');
    return { loss: running.mean!, examples, ...(await metrics.compute()) };
  } finally {
    running.dispose();
    metrics.dispose();
  }
}
