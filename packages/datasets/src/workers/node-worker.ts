import type { Job, JobResult } from './job.ts';
import { decodeSource } from './node-decode.ts';
import { rebuild } from './rebuild.ts';
import { runJob } from './run-job.ts';

/** The task of one thread of the pool; called */
export async function work(job: Job): Promise<JobResult> {
  return runJob(job, { transform: await rebuild(job.recipe), decode: decodeSource });
}
