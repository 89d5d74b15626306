import { readFileSync } from 'node:fs';
import { useJpeg } from '@zoo/transforms/node';
import type { Job, JobResult, PlainSource } from './job.ts';
import { decodeSource, pathOf } from './node-decode.ts';
import { rebuild } from './rebuild.ts';
import { type DecodeNow, runJob } from './run-job.ts';

/** In a thread of its own a file is read at once: going by way of other threads would cost more than reading it. */
function readNow(source: PlainSource): Uint8Array | undefined {
  if (source instanceof Uint8Array) return source;
  const path = pathOf(source);
  try {
    return path === undefined ? undefined : readFileSync(path);
  } catch {
    return undefined; // the general decoder says why
  }
}

const decodeNow: DecodeNow = (source, options, use) => {
  const bytes = readNow(source);
  return bytes && useJpeg(bytes, options, use);
};

/** The task of one thread of the pool. */
export async function work(job: Job): Promise<JobResult> {
  return runJob(job, { transform: rebuild(job.recipe), decode: decodeSource, decodeNow });
}
