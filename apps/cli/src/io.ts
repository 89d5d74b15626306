import { writeAdvice } from '@zoo/core/node';
import { exitCodes } from './exit-codes.ts';

/** Where a command reads its surroundings and writes; tests put their own in its place. */
export interface CliIo {
  out(text: string): void;
  err(text: string): void;
  /** Whether a person watches: without one, commands print results alone. */
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative paths and installed plug-ins are looked up from here. */
  readonly cwd: string;
  /** When the program began, on the clock of `performance.now()`; absent: when `run` was called. */
  readonly startedAt?: number;
  /**
   * Calls `handler` on Ctrl-C until the returned function is called. Pressed again meanwhile, it ends the process at once with
   * exit code 130, after it has printed `lost()`.
   */
  onInterrupt(handler: () => void, lost: () => string): () => void;
}

/** The process's own streams, environment and signals. */
export function processIo(): CliIo {
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    outIsTerminal: process.stdout.isTTY === true,
    errIsTerminal: process.stderr.isTTY === true,
    env: process.env,
    cwd: process.cwd(),
    onInterrupt(handler, lost) {
      const signals = ['SIGINT', 'SIGTERM'] as const;
      let pressed = false;
      const onSignal = (): void => {
        if (pressed) {
          process.stderr.write(`zoo: ${lost()}\n`);
          process.exit(exitCodes.interrupted);
        }
        pressed = true;
        handler();
      };
      for (const signal of signals) process.on(signal, onSignal);
      return () => {
        for (const signal of signals) process.off(signal, onSignal);
      };
    },
  };
}

/**
 * For the main file of a program: what cannot be printed ends neither in a stack trace nor in success. A reader such as `head` may
 * leave before everything is printed: that is no failure. Work goes on in either case, since it may write files.
 */
export function watchOutput(): void {
  let failed = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || failed) return;
    failed = true;
    process.stderr.write(`zoo: Could not write the output. ${writeAdvice(error)}\n`);
  });
  process.stderr.on('error', () => {}); // nothing is left to say it on
  process.on('exit', () => {
    if (failed) process.exitCode ||= exitCodes.error;
  });
}
