import { type AnyModule, createRng, formatShape, type RngState, type StateDict, sameShape, ZooError } from '@zoo/core';
import { readModelMetadata } from '@zoo/weights';
import type { Callback } from '../trainer/callback.ts';
import { type Checkpoint, checkpointModelState, type Training, within } from './checkpoint.ts';
import { type CheckpointData, readData } from './data.ts';

/** Takes over what was checked before; cannot fail. */
type Commit = () => void;

/**
 * Puts a training where the checkpoint was taken. Everything is checked first, then everything is taken over: a checkpoint that
 * does not fit, or a callback that refuses its state, changes nothing.
 */
export function restoreCheckpoint(training: Training, checkpoint: Checkpoint): void {
  const { name: source = 'The checkpoint' } = checkpoint;
  const { model, optimizer, schedule, callbacks, state } = training;
  const data = readData(checkpoint, source);
  const misfit = trainingMisfit(training, checkpoint, data);
  if (misfit) throw refusal(source, misfit);
  const modelState = checkpointModelState(checkpoint);
  const commits: Commit[] = [];
  const discards: Commit[] = [];
  try {
    const tensors = within(checkpoint.tensors, 'optimizer');
    commits.push(optimizer.prepareStateDict({ tensors, paramGroups: data.optimizer.paramGroups }));
    if (data.schedule) commits.push(schedule!.prepareStateDict(data.schedule));
    const metrics = state.metrics.restored(data.metrics);
    discards.push(() => metrics.dispose());
    commits.push(() => state.load(data, metrics));
    for (const callback of callbacks) commits.push(prepareCallback(callback, checkpoint, data));
  } catch (error) {
    for (const discard of discards) discard();
    throw refusal(source, (error as Error).message.replace(/\.$/, ''), error);
  }
  commits.push(() => void model.loadStateDict(modelState));
  for (const [name, module] of model.namedModules()) commits.push(() => module.rng.setState(data.rng[name]!));
  for (const commit of commits) commit();
}

const refusal = (source: string, what: string, cause?: unknown): ZooError =>
  new ZooError('STATE_DICT_MISMATCH', `${source} does not fit this training: ${what}.`, { cause });

const nothing: Commit = () => {};

function prepareCallback(callback: Callback, { tensors }: Checkpoint, { callbacks }: CheckpointData): Commit {
  const { name } = callback;
  if (!name || !callback.loadState || !Object.hasOwn(callbacks, name)) return nothing;
  const state = { values: callbacks[name], tensors: within(tensors, `callback.${name}`) };
  try {
    const commit: unknown = callback.loadState(state);
    return typeof commit === 'function' ? (commit as Commit) : nothing; // callbacks in JavaScript may have done it already
  } catch (cause) {
    throw new Error(`callback ${name} refused its state: ${(cause as Error).message}`, { cause });
  }
}

function trainingMisfit(training: Training, checkpoint: Checkpoint, data: CheckpointData): string | undefined {
  const { model, modelRecord, optimizer, schedule, state } = training;
  const saved = readModelMetadata(checkpoint.metadata, { name: checkpoint.name ?? 'The checkpoint' });
  if (saved && saved.name !== modelRecord.name) return `it is of model '${saved.name}', not '${modelRecord.name}'`;
  if (data.optimizer.name !== optimizer.name) {
    return `its optimizer is ${data.optimizer.name}, the trainer's ${optimizer.name}`;
  }
  if ((data.schedule === null) !== (schedule === undefined)) {
    return data.schedule ? 'it has a schedule and the trainer none' : 'the trainer has a schedule and it has none';
  }
  const modules = [...model.namedModules()].map(([name]) => name);
  return (
    modelMisfit(model, checkpointModelState(checkpoint)) ??
    namesMisfit('module', modules, Object.keys(data.rng)) ??
    rngMisfit(data.rng) ??
    state.metrics.misfit(Object.keys(data.metrics))
  );
}

function rngMisfit(states: Readonly<Record<string, RngState>>): string | undefined {
  const scratch = createRng(0);
  for (const [name, words] of Object.entries(states)) {
    try {
      scratch.setState(words);
    } catch (error) {
      return `the random stream of module '${name}' is damaged: ${(error as Error).message.replace(/\.$/, '')}`;
    }
  }
  return undefined;
}

function namesMisfit(kind: string, wanted: readonly string[], found: readonly string[]): string | undefined {
  const missing = wanted.filter((name) => !found.includes(name));
  const unexpected = found.filter((name) => !wanted.includes(name));
  const list = (names: string[]) => names.slice(0, 3).join(', ') + (names.length > 3 ? ', ...' : '');
  if (missing.length > 0) return `the model's ${kind} ${list(missing)} is not in it`;
  return unexpected.length > 0 ? `its ${kind} ${list(unexpected)} is not in the model` : undefined;
}

function modelMisfit(model: AnyModule, found: StateDict): string | undefined {
  const entries = new Map(model.stateEntries());
  const names = namesMisfit('entry', [...entries.keys()], [...found.keys()]);
  if (names) return names;
  for (const [name, entry] of entries) {
    const { shape } = found.get(name)!;
    if (!sameShape(shape, entry.shape)) {
      return `'${name}' has shape ${formatShape(shape)}, the model's ${formatShape(entry.shape)}`;
    }
  }
  return undefined;
}
