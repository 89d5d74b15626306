import { readFileSync } from 'node:fs';
import type { DecodeOptions } from '@zoo/transforms/node';
import type { Job, JobResult, PlainSource } from './job.ts';
import { decodeSource, pathOf } from './node-decode.ts';
import { rebuild } from './rebuild.ts';
import { runJob } from './run-job.ts';

/** In a thread of its own a file is read at once: going by way of other threads would cost more than reading it. */
function decode(source: PlainSource, options: DecodeOptions) {
  const path = pathOf(source);
  if (path === undefined) return decodeSource(source, options);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch {
    return decodeSource(source, options); // says why
  }
  return decodeSource(bytes, options);
}

/** The task of one thread of the pool. */
export async function work(job: Job): Promise<JobResult> {
  return runJob(job, { transform: await rebuild(job.recipe), decode });
}
