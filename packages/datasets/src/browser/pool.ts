import { ZooError } from '@zoo/core/base';
import { releaseProxy, wrap } from 'comlink';
import type { Job, JobResult, WorkerPool } from '../workers/job.ts';
import type { work } from './worker.ts';

interface Waiting {
  job: Job;
  resolve: (result: JobResult | Promise<JobResult>) => void;
  reject: (error: Error) => void;
}

const failed = (reason: string): ZooError =>
  new ZooError('INTERRUPTED', `A web worker for images stopped: ${reason}. Without workers, DataLoader needs none.`);

/** One web worker, with the promise that rejects when it breaks. */
function startWorker(): { run(job: Job): Promise<JobResult>; end(): void } {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  const proxy = wrap<typeof work>(worker);
  let end = () => {};
  const broken = new Promise<never>((_, reject) => {
    worker.onerror = (event) => reject(failed(event.message || 'its script cannot be loaded'));
    end = () => {
      worker.terminate();
      reject(failed('the loader was closed'));
    };
  });
  broken.catch(() => {}); // it matters to those that wait for a result
  return {
    run: (job) => Promise.race([proxy(job), broken]),
    end: () => {
      proxy[releaseProxy]();
      end();
    },
  };
}

/** A pool of web workers that take one job each at a time. */
export function createPool(count: number): WorkerPool {
  const workers = Array.from({ length: count }, startWorker);
  const idle = [...workers];
  const queue: Waiting[] = [];
  const next = () => {
    while (idle.length > 0 && queue.length > 0) {
      const worker = idle.pop()!;
      const { job, resolve, reject } = queue.shift()!;
      worker
        .run(job)
        .then(resolve, reject)
        .finally(() => {
          idle.push(worker);
          next();
        });
    }
  };
  return {
    run: (job) =>
      new Promise((resolve, reject) => {
        queue.push({ job, resolve, reject });
        next();
      }),
    close: async () => {
      for (const { reject } of queue.splice(0)) reject(failed('the loader was closed'));
      for (const worker of workers) worker.end();
    },
  };
}
