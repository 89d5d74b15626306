import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { backendRegistry } from '../../tooling/backends.ts';
import type { Command } from './engine-process.ts';
import { nodeScript, pythonScript, root } from './folders.ts';
import type { Case, GroupName } from './groups.ts';
import { knownNames } from './options.ts';

type Work = Pick<Case, 'group' | 'net' | 'batch'>;

/** Something that computes: an engine of this repository, or a peer it is compared with. */
export interface Engine {
  name: string;
  kind: 'ours' | 'peer';
  /** Whether it can do the case at all. */
  does(work: Work): boolean;
  /** Known without starting it: why it cannot run here. */
  missing?: string;
  /** An interpreter with PyTorch; absent for engines that run in Node. */
  python?: string;
}

export interface EngineContext {
  threads: number;
  workers: number;
}

const tfjsNode = process.env['ZOO_TFJS_NODE'] ?? join(root, '.cache/tfjs-node/node_modules/@tensorflow/tfjs-node');

/** Plain JavaScript takes a minute for anything larger than a small batch of LeNet. The image loader computes nothing on it. */
const doesOnCpu = ({ group, net, batch }: Work): boolean =>
  group === 'loader' || (group === 'training' && net === 'lenet5_relu' && batch <= 32);

const all: readonly GroupName[] = ['inference', 'training', 'features', 'first'];

const peer = (name: string, groups: readonly GroupName[], rest: Partial<Engine> = {}): Engine => ({
  name,
  kind: 'peer',
  does: ({ group }) => groups.includes(group),
  ...rest,
});

/** Every engine there could be: peers first, so that a reference comes before what is compared with it. */
export function allEngines(pythons: readonly string[]): Engine[] {
  const pytorch = pythons.map((python, i) =>
    peer(i === 0 ? 'pytorch' : `pytorch-${i + 1}`, [...all, 'loader'], { python }),
  );
  const ours = backendRegistry()
    .backends()
    .map(({ name }): Engine => {
      const does = name === 'cpu' ? doesOnCpu : ({ group }: Work) => all.includes(group);
      return { name, kind: 'ours', does };
    });
  const noAddon = existsSync(tfjsNode) ? {} : { missing: 'no addon built: pnpm build:tfjs-node' };
  return [
    ...pytorch,
    peer('onnxruntime', ['inference', 'first']),
    peer('tfjs-node', ['inference', 'training'], noAddon),
    peer('tfjs-wasm', ['inference']),
    ...ours,
  ];
}

/** The engines to run: all, or those named and the peers that ratios are against. */
export function chosenEngines(engines: readonly Engine[], names?: readonly string[]): Engine[] {
  if (!names) return [...engines];
  knownNames(
    'engine',
    names,
    engines.map(({ name }) => name),
  );
  const wanted = new Set([...names, 'pytorch', 'onnxruntime']);
  return engines.filter(({ name }) => wanted.has(name));
}

/** What every engine's process gets: one thread count for all libraries, and quiet logs. */
export function environment({ threads, workers }: EngineContext): Record<string, string> {
  const count = `${threads}`;
  return {
    OMP_NUM_THREADS: count,
    OPENBLAS_NUM_THREADS: count,
    MKL_NUM_THREADS: count,
    TF_NUM_INTRAOP_THREADS: count,
    TF_NUM_INTEROP_THREADS: '1',
    TF_CPP_MIN_LOG_LEVEL: '3',
    UV_THREADPOOL_SIZE: `${workers}`,
    ZOO_BACKEND: '',
    ...(existsSync(tfjsNode) && { ZOO_TFJS_NODE: tfjsNode }),
  };
}

/** The command that starts an engine's process. */
export function engineCommand({ name, python }: Engine, context: EngineContext): Command {
  const env = environment(context);
  const threads = `${context.threads}`;
  if (python) return { file: python, args: [pythonScript('engine.py'), threads], env, cwd: root };
  const flags = ['--import', 'tsx', '--conditions=@zoo/source'];
  return { file: process.execPath, args: [...flags, nodeScript('engine.ts'), name, threads], env, cwd: root };
}
