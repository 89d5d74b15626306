import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Job } from '../suite/protocol.ts';
import { channelsFirst } from './input-files.ts';
import type { Prepared } from './prepared.ts';

// Read when the first session is created: telemetry costs time, writes files, and crashes on long command lines.
process.env['ORT_DISABLE_TELEMETRY'] = '1';

const manifest = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');

export const versions = {
  'onnxruntime-node': (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version,
};

/** PyTorch's own export in onnxruntime-node by itself, with its default optimizations. */
export async function prepare(job: Job): Promise<Prepared> {
  if (!job.onnx) throw new Error('no ONNX file: PyTorch is missing or could not export this net');
  const session = await InferenceSession.create(job.onnx, {
    intraOpNumThreads: job.threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const { batch, channels, size } = job;
  const feeds = { input: new Tensor('float32', channelsFirst(job), [batch, channels, size, size]) };
  const iterate = async (): Promise<Float32Array> => {
    const { output } = await session.run(feeds);
    return output!.data as Float32Array;
  };
  return {
    iterate,
    async *check() {
      yield await iterate();
    },
  };
}
