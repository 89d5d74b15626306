import type { Job } from '../suite/protocol.ts';
import { compileMs } from './compile-time.ts';
import { inputTensor } from './input-files.ts';
import { buildNet } from './net.ts';
import type { Prepared } from './prepared.ts';

/** One forward pass as a user of the library makes it fast: folded batch norms, input on the device, output read. */
export async function prepare(job: Job): Promise<Prepared> {
  const net = (await buildNet(job)).optimizeForInference();
  const x = await inputTensor(job);
  async function iterate(): Promise<Float32Array> {
    const y = net.predict(x);
    const values = (await y.data()) as Float32Array;
    y.dispose();
    return values;
  }
  return {
    compileMs,
    iterate,
    async *check() {
      yield await iterate();
    },
  };
}
