import { type HostTensor, type StateDict, ZooError } from '@zoo/core';
import { modelMetadata } from '@zoo/weights';
import { type Checkpoint, metadataKey, type Training } from './checkpoint.ts';
import type { CheckpointData } from './data.ts';
import { toJson } from './json.ts';

/** The state so far. Throws `NUMERIC`, naming the tensor, rather than return losses or tensors that are not finite. */
export async function captureCheckpoint(training: Training): Promise<Checkpoint> {
  const { model, optimizer, schedule, callbacks, state } = training;
  const stateData = await state.data();
  const tensors: StateDict = new Map();
  const put = (prefix: string, entries: StateDict, describe: (name: string) => string) => {
    for (const [name, tensor] of entries) {
      if (!allFinite(tensor)) throw notFinite(describe(name), state.step);
      tensors.set(`${prefix}.${name}`, tensor);
    }
  };
  const parameters = new Map([...model.namedParameters()].map(([name, parameter]) => [name, parameter]));
  put('model', await model.stateDict(), (name) => `${parameters.has(name) ? 'Parameter' : 'Buffer'} '${name}'`);
  const optimizerState = await optimizer.stateDict();
  put('optimizer', optimizerState.tensors, (name) => {
    const [, place, slot] = /^(\d+)\.(.*)$/.exec(name) ?? [];
    const owner = optimizer.paramGroups.flatMap(({ params }) => params)[Number(place)];
    const [parameter = name] = [...parameters].find(([, entry]) => entry === owner) ?? [];
    return `${optimizer.name}'s ${slot} of parameter '${parameter}'`;
  });
  const callbackValues: Record<string, unknown> = {};
  for (const callback of callbacks) {
    const own = await callback.state?.();
    if (!own || !callback.name) continue;
    callbackValues[callback.name] = own.values;
    put(`callback.${callback.name}`, own.tensors ?? new Map(), (name) => `'${name}' of callback ${callback.name}`);
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

/** The last update can break tensors although all losses so far were finite. */
const notFinite = (what: string, step: number): ZooError =>
  new ZooError(
    'NUMERIC',
    `${what} is no longer finite after step ${step}, so no checkpoint was made. Lower the learning rate, clip the gradients (clipNorm), or look for inputs that are not finite or very large.`,
  );

/** Whether a tensor of float32 or float64 has neither NaN nor infinity. */
export function allFinite({ dtype, data }: HostTensor): boolean {
  if (dtype !== 'float32' && dtype !== 'float64') return true;
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return false;
  return true;
}
