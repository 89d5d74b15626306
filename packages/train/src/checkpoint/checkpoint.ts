import { type AnyModule, formatShape, type RngState, type StateDict, sameShape, ZooError } from '@zoo/core';
import { type ModelRecord, modelMetadata, readModelMetadata } from '@zoo/weights';
import type { AnyOptimizer } from '../optim/optimizer.ts';
import type { OptimizerState } from '../optim/optimizer-state.ts';
import type { Schedule, ScheduleState } from '../schedule/schedule.ts';
import type { Callback } from '../trainer/callback.ts';
import type { TrainingState, TrainingStateData } from '../trainer/training-state.ts';
import { fromJson, toJson } from './json.ts';

/** A training at rest: what a safetensors file holds. */
export interface Checkpoint {
  /** `model.*`, `optimizer.*` and `callback.*`. */
  tensors: StateDict;
  /** The model's name and options, and the rest as JSON under `zoo.checkpoint`. */
  metadata: Record<string, string>;
  /** Where it came from, for errors. */
  name?: string;
}

/** The parts of a training that a checkpoint covers. */
export interface Training {
  model: AnyModule;
  modelRecord: ModelRecord;
  optimizer: AnyOptimizer;
  schedule: Schedule | undefined;
  callbacks: readonly Callback[];
  state: TrainingState;
}

interface CheckpointData extends TrainingStateData {
  version: 1;
  optimizer: { name: string; paramGroups: OptimizerState['paramGroups'] };
  schedule: ScheduleState | null;
  rng: Record<string, RngState>;
  callbacks: Record<string, unknown>;
}

const metadataKey = 'zoo.checkpoint';

/** The state so far. Throws `NUMERIC` rather than return weights or losses that are not finite. */
export async function captureCheckpoint(training: Training): Promise<Checkpoint> {
  const { model, optimizer, schedule, callbacks, state } = training;
  const stateData = await state.data();
  const tensors: StateDict = new Map();
  const put = (prefix: string, entries: StateDict) => {
    for (const [name, tensor] of entries) tensors.set(`${prefix}.${name}`, tensor);
  };
  put('model', await model.stateDict());
  refuseNonFinite(model, tensors, state.step);
  const optimizerState = await optimizer.stateDict();
  put('optimizer', optimizerState.tensors);
  const callbackValues: Record<string, unknown> = {};
  for (const callback of callbacks) {
    const own = await callback.state?.();
    if (!own || !callback.name) continue;
    callbackValues[callback.name] = own.values;
    put(`callback.${callback.name}`, own.tensors ?? new Map());
  }
  const data: CheckpointData = {
    version: 1,
    ...stateData,
    optimizer: { name: optimizer.name, paramGroups: optimizerState.paramGroups },
    schedule: schedule?.stateDict() ?? null,
    rng: Object.fromEntries([...model.namedModules()].map(([name, module]) => [name, module.rng.state()])),
    callbacks: callbackValues,
  };
  return { tensors, metadata: { ...modelMetadata(training.modelRecord), [metadataKey]: toJson(data) } };
}

/** The last update can break the weights although all losses so far were finite. */
function refuseNonFinite(model: AnyModule, tensors: StateDict, step: number): void {
  for (const [name] of model.namedParameters()) {
    const { data } = tensors.get(`model.${name}`)!;
    if ((data as Float32Array).every(Number.isFinite)) continue;
    throw new ZooError(
      'NUMERIC',
      `Parameter '${name}' is no longer finite after step ${step}, so no checkpoint was made. Lower the learning rate or clip the gradients (clipNorm).`,
    );
  }
}

const within = (tensors: StateDict, prefix: string): StateDict =>
  new Map(
    [...tensors].flatMap(([name, tensor]) =>
      name.startsWith(`${prefix}.`) ? [[name.slice(prefix.length + 1), tensor] as const] : [],
    ),
  );

/** The model's part of a checkpoint, for `model.loadStateDict`. */
export const checkpointModelState = (checkpoint: Checkpoint): StateDict => within(checkpoint.tensors, 'model');

/** Whether a safetensors file's metadata is that of a checkpoint. */
export const isCheckpoint = (metadata: Readonly<Record<string, string>>): boolean => metadataKey in metadata;

/** Puts a training where the checkpoint was taken. Everything is checked first; what does not fit changes nothing. */
export function restoreCheckpoint(training: Training, checkpoint: Checkpoint): void {
  const { name: source = 'The checkpoint' } = checkpoint;
  const refuse = (what: string, cause?: unknown): never => {
    throw new ZooError('STATE_DICT_MISMATCH', `${source} does not fit this training: ${what}.`, { cause });
  };
  const { model, modelRecord, optimizer, schedule, callbacks, state } = training;
  const data = readData(checkpoint, source);
  const saved = readModelMetadata(checkpoint.metadata, { name: source });
  if (saved && saved.name !== modelRecord.name) refuse(`it is of model '${saved.name}', not '${modelRecord.name}'`);
  if (data.optimizer.name !== optimizer.name) {
    refuse(`its optimizer is ${data.optimizer.name}, the trainer's ${optimizer.name}`);
  }
  if ((data.schedule === null) !== (schedule === undefined)) {
    refuse(data.schedule ? 'it has a schedule and the trainer none' : 'the trainer has a schedule and it has none');
  }
  const modules = new Map(model.namedModules());
  const modelState = checkpointModelState(checkpoint);
  const misfit =
    modelMisfit(model, modelState) ??
    namesMisfit('module', [...modules.keys()], Object.keys(data.rng)) ??
    state.metrics.misfit(Object.keys(data.metrics));
  if (misfit) refuse(misfit);
  try {
    optimizer.loadStateDict({
      tensors: within(checkpoint.tensors, 'optimizer'),
      paramGroups: data.optimizer.paramGroups,
    });
    if (data.schedule) schedule!.loadStateDict(data.schedule);
    state.load(data);
    model.loadStateDict(modelState);
  } catch (error) {
    refuse((error as Error).message.replace(/\.$/, ''), error);
  }
  for (const [name, module] of modules) module.rng.setState(data.rng[name]!);
  for (const callback of callbacks) {
    if (!callback.name || !(callback.name in data.callbacks)) continue;
    const tensors = within(checkpoint.tensors, `callback.${callback.name}`);
    callback.loadState?.({ values: data.callbacks[callback.name], tensors });
  }
}

function readData({ metadata }: Checkpoint, source: string): CheckpointData {
  const text = metadata[metadataKey];
  if (text === undefined) {
    throw new ZooError('STATE_DICT_MISMATCH', `${source} holds weights but no training: it cannot be resumed.`);
  }
  let data: Partial<CheckpointData> | undefined;
  try {
    data = fromJson(text) as Partial<CheckpointData>;
  } catch {
    data = undefined;
  }
  if (data?.version !== undefined && data.version !== 1) {
    throw new ZooError('NOT_SUPPORTED', `${source} was written by a newer version: its format is ${data.version}.`);
  }
  const keys = ['cursor', 'step', 'seconds', 'running', 'metrics', 'history', 'optimizer', 'rng', 'callbacks'] as const;
  if (
    typeof data !== 'object' ||
    data === null ||
    !keys.every((key) => data[key] !== undefined && data[key] !== null)
  ) {
    throw new ZooError('CORRUPT_FILE', `${source}: metadata '${metadataKey}' is damaged.`);
  }
  return data as CheckpointData;
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
