// engine.ts NAME THREADS: an engine that runs in Node; answers the requests of suite/protocol.ts.
import { readFileSync, writeFileSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Job, Reply, Request } from '../suite/protocol.ts';
import type { Prepared } from './prepared.ts';

const [name = '', threadText = '1'] = process.argv.slice(2);

const reply = (message: Reply): void => void writeSync(3, `${JSON.stringify(message)}\n`);

/** VmHWM where there is a /proc: maxRSS starts from the process that called exec. */
function peakMB(): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024;
  } catch {
    return process.resourceUsage().maxRSS / 1024;
  }
}

const jobs: Record<Job['group'], () => Promise<{ prepare(job: Job): Promise<Prepared> }>> = {
  inference: () => (name === 'onnxruntime' ? import('./onnxruntime.ts') : import('./inference.ts')),
  training: () => import('./training.ts'),
  features: () => import('./features.ts'),
  loader: () => import('./loader.ts'),
};

async function start(): Promise<void> {
  const threads = Number(threadText);
  if (name === 'onnxruntime') {
    const { versions } = await import('./onnxruntime.ts');
    reply({ ready: true, versions: { ...versions, node: process.version }, threads });
  } else {
    const { startEngine } = await import('./start-engine.ts');
    reply({ ready: true, ...(await startEngine(name, threads)) });
  }
}

async function prepare(job: Job, outputFile: string): Promise<{ prepared: Prepared; answer: Reply }> {
  const begin = performance.now();
  const { prepare } = await jobs[job.group]();
  const prepared = await prepare(job);
  const loaded = performance.now();
  let end: number | undefined;
  const outputs: Float32Array[] = [];
  let compileMs: number | undefined;
  for await (const output of prepared.check()) {
    if (end === undefined) compileMs = prepared.compileMs?.();
    end ??= performance.now();
    outputs.push(output);
  }
  writeFileSync(outputFile, Buffer.concat(outputs.map((o) => Buffer.from(o.buffer, o.byteOffset, o.byteLength))));
  const times = { loadMs: loaded - begin, firstMs: (end ?? loaded) - loaded };
  return { prepared, answer: { prepared: true, ...times, ...(compileMs !== undefined && { compileMs }) } };
}

async function time({ iterate }: Prepared, iterations: number): Promise<Reply> {
  const cpu = process.cpuUsage();
  const begin = performance.now();
  for (let i = 0; i < iterations; i++) await iterate();
  const wallMs = (performance.now() - begin) / iterations;
  const { user, system } = process.cpuUsage(cpu);
  return { sample: { wallMs, cpuMs: (user + system) / 1000 / iterations, peakMB: peakMB() } };
}

await start();
let current: Prepared | undefined;
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as Request;
  try {
    if (request.do === 'prepare') {
      const { prepared, answer } = await prepare(request.job, request.outputFile);
      current = prepared;
      reply(answer);
    } else reply(await time(current!, request.iterations));
  } catch (error) {
    reply({ error: error instanceof Error ? error.message : String(error) });
  }
}
process.exit(0);
