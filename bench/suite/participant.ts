import { EngineProcess } from './engine-process.ts';
import { type Engine, type EngineContext, engineCommand } from './engines.ts';
import type { Job, Sample } from './protocol.ts';

/** What is known of an engine after its first output. */
export interface Introduction {
  versions: Record<string, string>;
  threads: number;
  loadMs?: number;
  firstMs?: number;
  compileMs?: number;
}

/** An engine that cannot run here at all, whatever the case. */
export class CannotStart extends Error {}

/** One engine in one case, as the rounds see it. Any call may throw, and then the engine is out of the case. */
export interface Participant {
  readonly engine: Engine;
  /** Starts, and writes the output to be compared. */
  introduce(outputFile: string): Promise<Introduction>;
  /** One round of `iterations`. */
  round(iterations: number): Promise<Sample>;
  stop(): Promise<void>;
}

/** An engine that stays alive over all rounds. */
export function residentEngine(
  engine: Engine,
  { job, context, maxSeconds }: { job: Job; context: EngineContext; maxSeconds: number },
): Participant {
  let child: EngineProcess | undefined;
  return {
    engine,
    async introduce(outputFile) {
      child = new EngineProcess(engineCommand(engine, context));
      const ready = await child.reply(120).catch((error: Error) => {
        throw new CannotStart(error.message, { cause: error });
      });
      if (!('ready' in ready)) throw new Error('an answer out of turn');
      // Three iterations at most, besides loading.
      const answer = await child.ask({ do: 'prepare', job, outputFile }, 3 * maxSeconds + 60);
      if (!('prepared' in answer)) throw new Error('an answer out of turn');
      const { prepared: _, ...times } = answer;
      return { versions: ready.versions, threads: ready.threads, ...times };
    },
    async round(iterations) {
      const answer = await child!.ask({ do: 'run', iterations }, 10 * iterations * maxSeconds + 60);
      if (!('sample' in answer)) throw new Error('an answer out of turn');
      return answer.sample;
    },
    stop: async () => child?.stop(),
  };
}
