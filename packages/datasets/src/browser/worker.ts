import { expose, transfer } from 'comlink';
import type { Job, JobResult } from '../workers/job.ts';
import { rebuild } from '../workers/rebuild.ts';
import { runJob } from '../workers/run-job.ts';
import { decodeSource } from './decode-source.ts';

/** The task of a web worker: values that were not written to shared memory move back without a copy. */
export async function work(job: Job): Promise<JobResult> {
  const result = await runJob(job, { transform: rebuild(job.recipe), decode: decodeSource });
  const arrays = [result.inputs, result.masks].filter((values) => values !== undefined);
  return transfer(
    result,
    arrays.map(({ buffer }) => buffer),
  );
}

expose(work);
