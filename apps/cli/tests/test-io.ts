import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CliIo, run } from '@zoo/cli';
import { afterAll } from 'vitest';

export interface Outcome {
  code: number;
  out: string;
  err: string;
}

export interface Surroundings extends Partial<Pick<CliIo, 'cwd' | 'env' | 'outIsTerminal' | 'errIsTerminal'>> {
  /** Sees everything that is printed, with the way to press Ctrl-C. */
  watch?: (text: string, interrupt: () => void) => void;
}

const backend = process.env['ZOO_BACKEND'] || 'wasm';

/** Runs a command line in this process, as from a pipe unless told otherwise. */
export async function zoo(
  argv: readonly string[],
  surroundings: Surroundings = {},
  program: (argv: readonly string[], io: CliIo) => Promise<number> = run,
): Promise<Outcome> {
  const { watch, ...rest } = surroundings;
  let [out, err] = ['', ''];
  const handlers = new Set<() => void>();
  const interrupt = () => {
    for (const handler of handlers) handler();
  };
  const io: CliIo = {
    out: (text) => {
      out += text;
      watch?.(text, interrupt);
    },
    err: (text) => {
      err += text;
      watch?.(text, interrupt);
    },
    outIsTerminal: false,
    errIsTerminal: false,
    env: { ZOO_BACKEND: backend },
    cwd: tmpdir(),
    onInterrupt: (handler) => {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    ...rest,
  };
  const code = await program(argv, io);
  return { code, out, err };
}

/** A folder for one test file, removed after it. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'zoo-cli-'));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
