import { spawn } from 'node:child_process';

export interface RunOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** Keeps the output off the terminal. */
  quiet?: boolean;
}

export interface RunResult {
  code: number;
  /** Standard output and error, interleaved. */
  output: string;
}

/** Runs a command, showing its output as it comes and returning it too. Never throws: a command not found is code 127. */
export function run(command: string, args: string[], { cwd, env, quiet = false }: RunOptions = {}): Promise<RunResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (!quiet) process.stdout.write(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (!quiet) process.stderr.write(chunk);
    });
    const output = () => Buffer.concat(chunks).toString('utf8');
    child.on('error', (error) => resolve({ code: 127, output: `${output()}${error.message}\n` }));
    child.on('close', (code) => resolve({ code: code ?? 1, output: output() }));
  });
}

/** Like `run`, but throws with the output when the command fails. */
export async function mustRun(command: string, args: string[], options: RunOptions = {}): Promise<string> {
  const { code, output } = await run(command, args, options);
  if (code !== 0) {
    throw new Error(`${command} ${args.join(' ')} failed with exit code ${code}${options.quiet ? `:\n${output}` : ''}`);
  }
  return output;
}
