import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { familyRegistry } from '../../tooling/families.ts';
import type { Command } from './engine-process.ts';
import { type Engine, type EngineContext, environment } from './engines.ts';
import { reasonIn } from './failure.ts';
import { nodeScript, pythonScript, root } from './folders.ts';
import type { Participant } from './participant.ts';
import type { Job, Sample } from './protocol.ts';

const backendPackage = (name: string): string =>
  name === 'tensorflow' || name === 'cuda' ? '@zoo/backend-cuda' : `@zoo/backend-${name}`;

const folderOf = (pkg: string): string => join(root, 'packages', pkg.replace('@zoo/', ''));

/** Why a package cannot be imported as users import it. */
function unbuilt(packages: readonly string[]): string | undefined {
  const missing = packages.filter((pkg) => !existsSync(join(folderOf(pkg), 'dist/index.js')));
  return missing.length > 0 ? `${missing.join(', ')} not built: pnpm build` : undefined;
}

function command({ name, kind, python }: Engine, job: Job, context: EngineContext, output: string): Command {
  const base = { env: environment(context), cwd: root };
  const size = `${job.size}`;
  const threads = `${context.threads}`;
  if (!job.weights) throw new Error('no weights: PyTorch, which writes them, is missing');
  if (python) {
    return {
      ...base,
      file: python,
      args: [pythonScript('first.py'), job.net, job.weights, job.input, size, threads, output],
    };
  }
  if (kind === 'peer') {
    if (!job.onnx) throw new Error('no ONNX file: PyTorch could not export this net');
    const args = [nodeScript('first-onnxruntime.mjs'), job.onnx, job.input, size, threads, output];
    return { ...base, file: process.execPath, args };
  }
  const packages = [backendPackage(name), familyRegistry().model(job.net).plugin] as const;
  const reason = unbuilt([...packages, '@zoo/core', '@zoo/layers', '@zoo/weights']);
  if (reason) throw new Error(reason);
  const args = [
    nodeScript('first.mjs'),
    packages[0],
    name,
    `${packages[1]}/register`,
    job.net,
    job.weights,
    job.input,
    size,
  ];
  return { ...base, file: process.execPath, args: [...args, threads, output] };
}

interface Start {
  sample: Sample;
  versions: Record<string, string>;
}

/** Runs a command until its first line, which holds what it used; the time is from before the process is there. */
function timeStart({ file, args, env, cwd }: Command): Promise<Start> {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const child = spawn(file, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let wallMs: number | undefined;
    let line = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => {
      wallMs ??= performance.now() - begin;
      line += chunk;
    });
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code !== 0 || wallMs === undefined) {
        reject(new Error(reasonIn(errors) ?? `the process ended with ${code}`));
        return;
      }
      const { cpuMs, peakMB, versions } = JSON.parse(line) as Omit<Sample, 'wallMs'> & Pick<Start, 'versions'>;
      resolve({ sample: { wallMs, cpuMs, peakMB }, versions });
    });
  });
}

/** An engine that is started anew for every round. The introduction is a start too, after which files are in memory. */
export function coldEngine(engine: Engine, { job, context }: { job: Job; context: EngineContext }): Participant {
  let output = '';
  return {
    engine,
    async introduce(outputFile) {
      output = outputFile;
      const { versions } = await timeStart(command(engine, job, context, output));
      return { versions, threads: context.threads };
    },
    round: async () => (await timeStart(command(engine, job, context, output))).sample,
    stop: async () => {},
  };
}
