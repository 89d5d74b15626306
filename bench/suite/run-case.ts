import { coldEngine } from './cold-start.ts';
import type { Engine } from './engines.ts';
import { type Case, caseTitle, groups } from './groups.ts';
import { inputFiles } from './input-files.ts';
import { jpegFolder } from './jpeg-folder.ts';
import { type MeasureOptions, measure } from './measure.ts';
import { netFiles } from './net-files.ts';
import type { BenchOptions } from './options.ts';
import { type Participant, residentEngine } from './participant.ts';
import type { Job } from './protocol.ts';
import type { CaseResult } from './result.ts';

/** Long enough for a thousand images, or for one step. */
const usualMaxSeconds = (work: Case): number => (work.images > 0 ? 600 : 60);

async function jobOf(work: Case, { threads, workers, pythons }: BenchOptions): Promise<Job> {
  const { group, net, batch, size } = work;
  const isLeNet = net === 'lenet5_relu';
  const shape = { batch, size, channels: isLeNet ? 1 : 3, classes: isLeNet ? 10 : 1000 };
  const needsNet = group !== 'loader';
  const files = needsNet ? await netFiles({ net, ...shape, python: pythons[0]! }) : undefined;
  return {
    // A cold start is an inference of its own process; its job never reaches a resident engine.
    group: group === 'first' ? 'inference' : group,
    net,
    ...shape,
    threads,
    workers,
    lr: isLeNet ? 0.1 : 0.01,
    ...(files && 'weights' in files && files),
    ...inputFiles(shape),
    ...(work.images > 0 && { images: await jpegFolder(work.images) }),
  };
}

function measureOptions(work: Case, options: BenchOptions): Omit<MeasureOptions, 'onProgress' | 'maxSeconds'> {
  const { rounds = groups[work.group].rounds, quick } = options;
  const once = work.group === 'first' || work.images > 0;
  return {
    rounds,
    items: work.images > 0 ? work.images : 1,
    roundMs: quick ? 0 : 300,
    warmUps: work.group === 'first' ? 0 : once || quick ? 1 : 2,
    restMs: quick ? 0 : 100,
  };
}

/** Runs one case on all engines that can do it; undefined where none of ours can. */
export async function runCase(
  work: Case,
  {
    options,
    engines,
    onProgress,
  }: { options: BenchOptions; engines: readonly Engine[]; onProgress(text: string): void },
): Promise<CaseResult | undefined> {
  const { threads, workers } = options;
  const context = { threads, workers };
  const able = engines.filter((engine) => engine.does(work));
  if (!able.some(({ kind }) => kind === 'ours')) return undefined;
  onProgress('files');
  const job = await jobOf(work, options);
  const maxSeconds = options.maxSeconds ?? usualMaxSeconds(work);
  const participants = able.map(
    (engine): Participant =>
      work.group === 'first'
        ? coldEngine(engine, { job, context })
        : residentEngine(engine, { job, context, maxSeconds }),
  );
  const measured = await measure(participants, { ...measureOptions(work, options), maxSeconds, onProgress });
  const { group, net, batch, size, unit } = work;
  return { group, title: caseTitle(work), net, batch, size, unit, ...measured };
}
