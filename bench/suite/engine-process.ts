import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { reasonIn } from './failure.ts';
import type { Reply, Request } from './protocol.ts';

export interface Command {
  file: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  cwd: string;
}

/** An engine in a process of its own, which lives over all rounds of one case and answers one request at a time. */
export class EngineProcess {
  readonly #child: ChildProcess;
  readonly #replies: AsyncIterator<string>;
  readonly #ended: Promise<void>;
  #errors = '';
  #failed = '';

  constructor({ file, args, env, cwd }: Command) {
    this.#child = spawn(file, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    });
    this.#child.stdin!.on('error', () => {}); // a process that ended; the reply that is missing says so
    this.#child.stderr!.on('data', (chunk: Buffer) => {
      this.#errors = `${this.#errors}${chunk}`.slice(-20_000);
    });
    this.#ended = new Promise((resolve) => {
      this.#child.on('close', () => resolve());
      this.#child.on('error', (error) => {
        this.#failed = error.message;
        resolve();
      });
    });
    const lines = createInterface({ input: this.#child.stdio[3] as Readable });
    this.#replies = lines[Symbol.asyncIterator]();
    // A command that cannot be started leaves the pipe open.
    this.#child.on('error', () => lines.close());
  }

  /** The next reply. Throws what the engine reports, why its process ended, or that it took more than `seconds`. */
  async reply(seconds: number): Promise<Exclude<Reply, { error: string }>> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${Math.round(seconds)} s`)), seconds * 1000);
    });
    try {
      const next = await Promise.race([this.#replies.next(), late]);
      if (next.done) {
        await this.#ended;
        throw new Error((this.#failed || reasonIn(this.#errors)) ?? 'the process ended');
      }
      const reply = JSON.parse(next.value) as Reply;
      if ('error' in reply) throw new Error(reply.error);
      return reply;
    } finally {
      clearTimeout(timer);
    }
  }

  ask(request: Request, seconds: number): Promise<Exclude<Reply, { error: string }>> {
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
    return this.reply(seconds);
  }

  /** Ends the process and waits until it and its workers are gone, so that they disturb nobody. */
  async stop(): Promise<void> {
    this.#child.stdin!.end();
    const patience = setTimeout(() => this.#child.kill('SIGKILL'), 2000);
    await this.#ended;
    clearTimeout(patience);
  }
}
