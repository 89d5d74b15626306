import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Piscina } from 'piscina';
import type { Job, JobResult, WorkerPool } from './job.ts';

export { sourcesFingerprint } from '../node/sources-fingerprint.ts';
export { decodeSource } from './node-decode.ts';

/** From source, threads need what turns TypeScript into JavaScript; a build needs nothing. */
function sourceArguments(): string[] {
  const tsx = createRequire(import.meta.url).resolve('tsx');
  return ['--conditions=@zoo/source', '--import', pathToFileURL(tsx).href];
}

/** A pool of worker threads; idle ones do not keep the process alive. */
export function createPool(workers: number): WorkerPool {
  const fromSource = import.meta.url.endsWith('.ts');
  const pool = new Piscina<Job, JobResult>({
    name: 'work',
    filename: new URL(fromSource ? './node-worker.ts' : './node-worker.js', import.meta.url).href,
    minThreads: workers,
    maxThreads: workers,
    ...(fromSource && { execArgv: sourceArguments() }),
  });
  pool.on('error', () => {}); // a thread that ends between two jobs: the pool starts another
  return { run: (job) => pool.run(job), close: () => pool.destroy() };
}
