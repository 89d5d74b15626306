import { parseArgs } from 'node:util';
import { unknownName, ZooError } from '@zoo/core';
import { type GroupName, groupNames, netNames } from './groups.ts';

export interface BenchOptions {
  groups: readonly GroupName[];
  nets?: readonly string[];
  batches?: readonly number[];
  /** Only these engines; PyTorch and onnxruntime-node come along as what is compared with. */
  engines?: readonly string[];
  rounds?: number;
  threads: number;
  workers: number;
  images: number;
  /** Engines whose one iteration takes longer are left out. */
  maxSeconds?: number;
  /** Interpreters with PyTorch; ratios are against the first. */
  pythons: readonly string[];
  quick: boolean;
  json?: string;
}

export const usage = `pnpm bench [GROUP ...] [options]

Groups: ${groupNames.join(', ')}; all of them without a name.

  --nets A,B        only these nets: ${netNames.join(', ')}
  --batch 1,8       these batch sizes instead of the group's own
  --engines A,B     only these engines, and the peers pytorch and onnxruntime to compare with
  --rounds N        rounds per case; every engine runs once in each
  --threads N       threads of every engine that has them (default 1)
  --workers N       image decoding processes or threads (default: as --threads)
  --images N        JPEG files of features and loader (default 1000)
  --max-seconds S   leave out engines whose one iteration takes longer (default 60; features and loader: 600)
  --python PATH     an interpreter with PyTorch and torchvision; may be given again, ratios are against the first
  --quick           tiny sizes, one round: shows that everything runs
  --json FILE       also write the results as JSON
`;

/** Refuses a name that is not in `known` and says which is near. */
export function knownNames<N extends string>(kind: string, names: readonly string[], known: readonly N[]): N[] {
  for (const name of names) if (!known.includes(name as N)) throw unknownName(kind, name, known);
  return names as N[];
}

function wholeNumber(option: string, text: string, least = 1): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least) return value;
  throw new ZooError('INVALID_ARGUMENT', `--${option} takes a whole number from ${least}, got '${text}'.`);
}

const list = (text: string): string[] => text.split(',').map((part) => part.trim());

/** Reads the command line; throws `UNKNOWN_NAME` with the nearest name, or `INVALID_ARGUMENT`. */
export function parseOptions(args: readonly string[], env: NodeJS.ProcessEnv = process.env): BenchOptions {
  const { values, positionals } = parse(args);
  const quick = values.quick ?? false;
  const threads = wholeNumber('threads', values.threads ?? '1');
  return {
    groups: positionals.length > 0 ? [...new Set(knownNames('group', positionals, groupNames))] : groupNames,
    ...(values.nets !== undefined && { nets: knownNames('net', list(values.nets), netNames) }),
    ...(values.batch !== undefined && { batches: list(values.batch).map((text) => wholeNumber('batch', text)) }),
    ...(values.engines !== undefined && { engines: list(values.engines) }),
    ...(values.rounds !== undefined ? { rounds: wholeNumber('rounds', values.rounds) } : quick && { rounds: 1 }),
    threads,
    workers: values.workers === undefined ? threads : wholeNumber('workers', values.workers),
    images: wholeNumber('images', values.images ?? (quick ? '8' : '1000')),
    ...(values['max-seconds'] !== undefined && { maxSeconds: wholeNumber('max-seconds', values['max-seconds']) }),
    pythons: values.python ?? [env['ZOO_PYTHON'] ?? '/usr/bin/python3'],
    quick,
    ...(values.json !== undefined && { json: values.json }),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        nets: { type: 'string' },
        batch: { type: 'string' },
        engines: { type: 'string' },
        rounds: { type: 'string' },
        threads: { type: 'string' },
        workers: { type: 'string' },
        images: { type: 'string' },
        'max-seconds': { type: 'string' },
        python: { type: 'string', multiple: true },
        quick: { type: 'boolean' },
        json: { type: 'string' },
      },
    });
  } catch (error) {
    throw new ZooError('INVALID_ARGUMENT', `${(error as Error).message}\n\n${usage}`, { cause: error });
  }
}
