import * as tf from '@tensorflow/tfjs-core';
import { valueAndGrads } from '@zoo/core';
import { crossEntropy, SGD } from '@zoo/train';
import type { Job } from '../suite/protocol.ts';
import { compileMs } from './compile-time.ts';
import { inputTensor, labelTensor } from './input-files.ts';
import { buildNet } from './net.ts';
import type { Prepared } from './prepared.ts';

/** One SGD step on cross-entropy, the loss read. */
export async function prepare(job: Job): Promise<Prepared> {
  const net = (await buildNet(job)).train();
  const optimizer = new SGD(net.parameters(), { lr: job.lr });
  const x = await inputTensor(job);
  const y = labelTensor(job);
  async function iterate(): Promise<Float32Array> {
    const { value, grads } = valueAndGrads(() => crossEntropy(net.call(x), y), net.trainableParameters());
    optimizer.step(grads);
    const loss = (await value.data()) as Float32Array;
    tf.dispose([value, ...grads.values()]);
    return loss;
  }
  return {
    compileMs,
    iterate,
    async *check() {
      for (let step = 0; step < 3; step++) yield (await iterate()).slice();
    },
  };
}
