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
  /** Calls `handler` on Ctrl-C until the returned function is called. */
  onInterrupt(handler: () => void): () => void;
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
    onInterrupt(handler) {
      const signals = ['SIGINT', 'SIGTERM'] as const;
      for (const signal of signals) process.on(signal, handler);
      return () => {
        for (const signal of signals) process.off(signal, handler);
      };
    },
  };
}
