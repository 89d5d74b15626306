import { dirname, resolve } from 'node:path';
import { type BackendChoice, isZooError, setDeterministic, ZooError } from '@zoo/core';
import { type Callback, type Checkpoint, crossEntropy, EarlyStopping, type History, Trainer } from '@zoo/train';
import type { CommandContext } from '../context.ts';
import { completeSettings, type GivenSettings, type TrainRun } from '../options/train-options.ts';
import { ProgressLine } from '../output/progress-line.ts';
import { startBackend } from '../registry/backend.ts';
import { createOptimizer, createSchedule } from './optimizer.ts';
import { defaultOut, type Prepared, prepare } from './prepare.ts';
import { describeStart, progressCallback } from './progress.ts';
import { resumedSettings } from './resume.ts';
import { RunFolder, readCheckpointFile } from './run-folder.ts';
import type { TrainSettings } from './settings.ts';

export type TrainContext = Pick<CommandContext, 'io' | 'output' | 'registry'>;

/** How a training runs, and the folder that it holds. */
export interface Destination {
  run: TrainRun;
  folder: RunFolder;
}

/** A training that ran to its end. */
export interface Trained {
  settings: TrainSettings;
  backend: BackendChoice;
  prepared: Prepared;
  history: History;
  folder: RunFolder;
}

interface Plan {
  settings: TrainSettings;
  resume: Checkpoint | undefined;
}

/** Where a training writes: the folder of the checkpoint that it goes on from, unless one is named. */
export function runFolder(cwd: string, given: GivenSettings, { resume, out }: TrainRun): RunFolder {
  const beside = typeof resume === 'string' ? dirname(resume) : undefined;
  return new RunFolder(cwd, out ?? beside ?? defaultOut(given.model, given.data));
}

async function plan(cwd: string, given: GivenSettings, { run, folder }: Destination): Promise<Plan> {
  const { resume } = run;
  if (resume === false) return { settings: completeSettings(given), resume: undefined };
  const file = typeof resume === 'string' ? resolve(cwd, resume) : folder.file('checkpoint');
  const { checkpoint, settings } = await readCheckpointFile(file);
  return { settings: resumedSettings(settings, given, { file, cwd }), resume: checkpoint };
}

/** Keeps the weights of the best epoch, and the history, as training goes on. */
function keeper(folder: RunFolder, { settings, prepared }: { settings: TrainSettings; prepared: Prepared }): Callback {
  return {
    async onEpochEnd(record, trainer) {
      const { history } = trainer;
      if (history.best('testAccuracy') === record) {
        await folder.saveWeights('best', await prepared.net.stateDict(), { net: prepared.record, record });
      }
      await folder.saveHistory(history, settings);
    },
  };
}

function createTrainer(settings: TrainSettings, prepared: Prepared, callbacks: readonly Callback[]): Trainer {
  const { net, record, trainLoader } = prepared;
  const optimizer = createOptimizer(net.trainableParameters(), settings);
  const schedule = createSchedule(optimizer, settings, trainLoader.numBatches);
  const { labelSmoothing, clipNorm, patience } = settings;
  const stopping = patience === null ? [] : [new EarlyStopping({ monitor: 'testAccuracy', patience })];
  return new Trainer({
    model: net,
    optimizer,
    loss: (logits, labels) => crossEntropy(logits, labels, { labelSmoothing }),
    ...(schedule && { schedule }),
    ...(clipNorm !== null && { clipNorm }),
    callbacks: [...callbacks, ...stopping],
    modelRecord: { name: record.name, options: record.options },
  });
}

/** How to go on, as a command line. */
function resumeCommand({ model, data }: TrainSettings, { folder, run }: Destination): string {
  const out = folder.name === defaultOut(model, data) ? [] : ['--out', folder.name];
  const words = [
    'zoo',
    'train',
    model,
    '--data',
    data,
    ...out,
    ...(run.backend ? ['--backend', run.backend] : []),
    '--resume',
  ];
  return words.map((word) => (/[\s'"$]/.test(word) ? `'${word.replaceAll("'", "'\\''")}'` : word)).join(' ');
}

/**
 * Trains as the options say and writes checkpoints, weights and history into the run's folder, which the caller holds. Ctrl-C ends it after the
 * current step, saves, and throws `INTERRUPTED` with the command that goes on from there.
 */
export async function train(
  { io, output, registry }: TrainContext,
  given: GivenSettings,
  { run, folder }: Destination,
): Promise<Trained> {
  const { settings, resume } = await plan(io.cwd, given, { run, folder });
  const backend = await startBackend(run.backend, { registry, env: io.env });
  setDeterministic(settings.deterministic);
  const bar = new ProgressLine(output);
  const controller = new AbortController();
  let saved: Checkpoint | undefined;
  const stop = (): void => {
    if (controller.signal.aborted) return;
    bar.clear();
    output.warn('Stopping after this step, then saving. Ctrl-C again ends at once.');
    controller.abort();
  };
  const release = io.onInterrupt(stop, () => {
    const since = saved ? `after those in ${folder.shown('checkpoint')}` : resume ? 'since it was resumed' : 'so far';
    return `The training was ended at once. Its steps ${since} are lost.`;
  });
  let prepared: Prepared | undefined;
  let trainer: Trainer | undefined;
  const save = async (checkpoint: Checkpoint) => {
    await folder.saveCheckpoint(checkpoint, settings, prepared!.record);
    saved = checkpoint;
  };
  try {
    const onNotice = (notice: string): void => output.warn(notice);
    prepared = await prepare(settings, {
      registry,
      cwd: io.cwd,
      signal: controller.signal,
      onProgress: bar.download,
      onNotice,
    });
    bar.clear();
    trainer = createTrainer(settings, prepared, [
      progressCallback(output, bar, settings.epochs),
      keeper(folder, { settings, prepared }),
    ]);
    if (resume) trainer.restore(resume);
    output.progress(describeStart(settings, { prepared, backend, epochsDone: trainer.epoch }));
    const { checkpointEvery } = run;
    await trainer.fit(prepared.trainLoader, {
      epochs: settings.epochs,
      validation: prepared.testLoader,
      signal: controller.signal,
      checkpoint: { everyEpochs: 1, ...(checkpointEvery !== undefined && { everySteps: checkpointEvery }), save },
    });
    const { history } = trainer;
    const state = await prepared.net.stateDict();
    await folder.saveWeights('model', state, { net: prepared.record, record: history.last });
    await folder.saveHistory(history, settings);
    return { settings, backend, prepared, history, folder };
  } catch (error) {
    bar.clear();
    try {
      if (isStopped(error, controller.signal) && trainer) {
        await save(await trainer.checkpoint()); // the steps since the last checkpoint are kept too
        await folder.saveHistory(trainer.history, settings);
        throw stoppedAt(trainer, { settings, run, folder, cause: error });
      }
      if (isZooError(error) && error.code === 'NUMERIC')
        throw afterBadLoss(error, saved || resume ? folder : undefined);
      throw error;
    } finally {
      prepared?.net.dispose();
    }
  } finally {
    release();
    setDeterministic(false);
    trainer?.dispose();
  }
}

const isStopped = (error: unknown, signal: AbortSignal): boolean =>
  signal.aborted && isZooError(error) && error.code === 'INTERRUPTED';

function stoppedAt(
  { epoch, batch }: Trainer,
  { settings, run, folder, cause }: { settings: TrainSettings; run: TrainRun; folder: RunFolder; cause: unknown },
): ZooError {
  const place = `after ${epoch} of ${settings.epochs} epochs${batch > 0 ? ` and ${batch} steps of the next` : ''}`;
  const message = `Stopped ${place}; saved ${folder.shown('checkpoint')}. Go on with:\n  ${resumeCommand(settings, { folder, run })}`;
  return new ZooError('INTERRUPTED', message, { cause });
}

function afterBadLoss(error: ZooError, folder: RunFolder | undefined): ZooError {
  const kept = folder
    ? `The last good checkpoint is ${folder.shown('checkpoint')}.`
    : 'No checkpoint had been written by then.';
  return new ZooError('NUMERIC', `${error.message} ${kept}`, { cause: error });
}
