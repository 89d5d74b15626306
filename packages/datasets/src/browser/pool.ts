import { releaseProxy, wrap } from 'comlink';
import type { Job, JobResult, WorkerPool } from '../workers/job.ts';
import type { work } from './worker.ts';

interface Waiting {
  job: Job;
  resolve: (result: JobResult | Promise<JobResult>) => void;
  reject: (error: Error) => void;
}

interface RunningWorker {
  run(job: Job): Promise<JobResult>;
  end(): void;
}

const closed = (): Error => new Error('the loader was closed');

/** One web worker, whose jobs reject when it breaks. */
function startWorker(): RunningWorker {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  const proxy = wrap<typeof work>(worker);
  let end = () => {};
  const broken = new Promise<never>((_, reject) => {
    worker.onerror = (event) => reject(new Error(event.message || 'its script cannot be loaded'));
    end = () => {
      worker.terminate();
      reject(closed());
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

/** A pool of web workers that take one job each at a time; another takes the place of one that breaks. */
export function createPool(count: number): WorkerPool {
  const workers = new Set(Array.from({ length: count }, startWorker));
  const idle = [...workers];
  const queue: Waiting[] = [];
  let open = true;
  const give = async (worker: RunningWorker, { job, resolve, reject }: Waiting): Promise<void> => {
    try {
      resolve(await worker.run(job));
      idle.push(worker);
    } catch (error) {
      reject(error as Error);
      workers.delete(worker);
      worker.end();
      if (!open) return;
      const another = startWorker();
      workers.add(another);
      idle.push(another);
    }
    next();
  };
  const next = (): void => {
    while (idle.length > 0 && queue.length > 0) void give(idle.pop()!, queue.shift()!);
  };
  return {
    run: (job) =>
      new Promise((resolve, reject) => {
        queue.push({ job, resolve, reject });
        next();
      }),
    close: async () => {
      open = false;
      for (const { reject } of queue.splice(0)) reject(closed());
      for (const worker of workers) worker.end();
    },
  };
}
