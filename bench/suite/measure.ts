import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { readFloats, relativeError, tolerance } from './agreement.ts';
import { cacheFolder } from './folders.ts';
import { CannotStart, type Introduction, type Participant } from './participant.ts';
import type { Sample } from './protocol.ts';
import { ratios } from './ratios.ts';
import type { Row } from './result.ts';
import { statistics } from './statistics.ts';

export interface MeasureOptions {
  rounds: number;
  /** Items, e.g. images, in one iteration: what times are divided by. */
  items: number;
  /** A round repeats its iteration until it lasts about this long. */
  roundMs: number;
  /** Untimed iterations after the first. */
  warmUps: number;
  maxSeconds: number;
  /** Milliseconds of rest before every round, in which the former engine's spinning threads go to sleep. */
  restMs: number;
  onProgress(message: string): void;
}

interface Entry {
  participant: Participant;
  introduction?: Introduction;
  error?: number;
  missing?: string;
  cannotStart?: true;
  iterations: number;
  samples: Sample[];
}

const message = (error: unknown): string => (error instanceof Error ? error.message.split('\n')[0]! : String(error));

/** Puts an engine out of the case when `work` fails, and goes on without it. */
async function attempt(entry: Entry, work: () => Promise<void>): Promise<void> {
  if (entry.missing !== undefined) return;
  try {
    await work();
  } catch (error) {
    entry.missing = message(error);
    if (error instanceof CannotStart) entry.cannotStart = true;
    await entry.participant.stop();
  }
}

/** Starts an engine, compares its output, warms it up and finds out how many iterations make a round. */
async function admit(
  entry: Entry,
  reference: Float32Array | undefined,
  options: MeasureOptions,
): Promise<Float32Array> {
  const { participant } = entry;
  const file = join(cacheFolder('outputs'), `${participant.engine.name}-${process.pid}.f32`);
  rmSync(file, { force: true });
  entry.introduction = await participant.introduce(file);
  const output = existsSync(file) ? readFloats(file) : new Float32Array();
  rmSync(file, { force: true });
  if (reference) {
    entry.error = relativeError(output, reference);
    if (!(entry.error <= tolerance)) {
      throw new Error(`not timed: its output differs from the reference by ${entry.error.toExponential(1)}`);
    }
  }
  const { firstMs = 0 } = entry.introduction;
  const tooSlow = (ms: number): Error | undefined =>
    ms > options.maxSeconds * 1000
      ? new Error(`left out: one iteration takes ${(ms / 1000).toFixed(0)} s (--max-seconds ${options.maxSeconds})`)
      : undefined;
  const slowFirst = options.items === 1 ? tooSlow(firstMs) : undefined;
  if (slowFirst) throw slowFirst;
  // Engines that compile do so in any of them.
  let fastestMs = Number.POSITIVE_INFINITY;
  for (let i = 0; i < options.warmUps; i++) {
    const { wallMs } = await participant.round(1);
    const slow = tooSlow(wallMs);
    if (slow) throw slow;
    fastestMs = Math.min(fastestMs, wallMs);
  }
  if (fastestMs > 0) entry.iterations = Math.min(1000, Math.max(1, Math.round(options.roundMs / fastestMs)));
  return output;
}

function toRow(
  { participant, introduction, error, missing, cannotStart, iterations, samples }: Entry,
  items: number,
): Row {
  const per = (values: number[]) => statistics(values.map((value) => value / items));
  const { engine } = participant;
  const measured = missing === undefined && samples.length > 0;
  return {
    engine: engine.name,
    kind: engine.kind,
    versions: introduction?.versions ?? {},
    threads: introduction?.threads ?? 0,
    ...(missing !== undefined && { missing }),
    ...(cannotStart && { cannotStart }),
    ...(error !== undefined && Number.isFinite(error) && { error }),
    ...(introduction?.loadMs !== undefined && { loadMs: introduction.loadMs }),
    ...(introduction?.firstMs !== undefined && { firstMs: introduction.firstMs }),
    ...(introduction?.compileMs !== undefined && { compileMs: introduction.compileMs }),
    ...(measured && {
      wallMs: per(samples.map(({ wallMs }) => wallMs))!,
      cpuMs: per(samples.map(({ cpuMs }) => cpuMs))!,
      peakMB: Math.max(...samples.map(({ peakMB }) => peakMB)),
      iterations,
    }),
    ratio: {},
    cpuRatio: {},
    peakRatio: {},
    rounds: measured
      ? samples.map(({ wallMs, cpuMs, peakMB }) => ({ wallMs: wallMs / items, cpuMs: cpuMs / items, peakMB }))
      : [],
  };
}

/**
 * Times all participants in interleaved rounds, each round beginning with the next engine. The first peer that runs is the
 * reference of the outputs; an engine that disagrees with it is not timed.
 */
export async function measure(
  participants: readonly Participant[],
  options: MeasureOptions,
): Promise<{ reference?: string; rows: Row[] }> {
  const entries = participants.map((participant): Entry => ({ participant, iterations: 1, samples: [] }));
  let reference: { name: string; output: Float32Array } | undefined;
  try {
    for (const entry of entries) {
      const { engine } = entry.participant;
      options.onProgress(`${engine.name}: start`);
      await attempt(entry, async () => {
        if (engine.missing) throw new Error(engine.missing);
        const output = await admit(entry, reference?.output, options);
        if (engine.kind === 'peer') reference ??= { name: engine.name, output };
      });
    }
    for (let round = 0; round < options.rounds; round++) {
      options.onProgress(`round ${round + 1} of ${options.rounds}`);
      for (let i = 0; i < entries.length; i++) {
        const entry = entries[(round + i) % entries.length]!;
        if (entry.missing !== undefined) continue;
        await pause(options.restMs);
        await attempt(entry, async () => {
          entry.samples.push(await entry.participant.round(entry.iterations));
        });
      }
    }
  } finally {
    for (const { participant } of entries) await participant.stop();
  }
  const rows = entries.map((entry) => toRow(entry, options.items));
  return {
    ...(reference && { reference: reference.name }),
    rows: rows.map((row) => ({ ...row, ...ratios(row, rows) })),
  };
}
