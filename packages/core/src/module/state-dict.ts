import { ZooError } from '../error.ts';
import { formatShape, type HostTensor, type StateDict } from '../host-tensor.ts';
import type { AnyModule } from './module.ts';
import type { StateEntry } from './state-entry.ts';

export interface LoadOptions {
  /** Refuse missing and unexpected keys; default true. Wrong shapes are refused always, as in PyTorch. */
  strict?: boolean;
}

export interface LoadReport {
  missing: string[];
  unexpected: string[];
}

const fits = (entry: StateEntry, tensor: HostTensor): boolean =>
  entry.shape.length === tensor.shape.length && entry.shape.every((d, i) => d === tensor.shape[i]);

/** Checks everything before it writes anything, so that a refused state dict leaves the module as it was. */
export function loadStateDict(module: AnyModule, state: StateDict, { strict = true }: LoadOptions): LoadReport {
  const entries = [...module.stateEntries()];
  const names = new Set(entries.map(([name]) => name));
  // Files older than PyTorch 0.4.1 have no batch counters; PyTorch accepts those too.
  const missing = entries
    .filter(([name]) => !state.has(name) && !name.endsWith('num_batches_tracked'))
    .map(([name]) => name);
  const unexpected = [...state.keys()].filter((name) => !names.has(name));
  const misShaped = entries.flatMap(([name, entry]) => {
    const tensor = state.get(name);
    return tensor && !fits(entry, tensor)
      ? [`${name}: expected ${formatShape(entry.shape)}, got ${formatShape(tensor.shape)}`]
      : [];
  });
  if (misShaped.length > 0 || (strict && missing.length + unexpected.length > 0)) {
    const section = (title: string, keys: string[]) =>
      keys.length > 0 ? `\n  ${title}:\n    ${keys.join('\n    ')}` : '';
    throw new ZooError(
      'STATE_DICT_MISMATCH',
      `The state dict does not fit ${module.constructor.name}; nothing was loaded.${section('Missing', missing)}${section('Unexpected', unexpected)}${section('Wrong shape', misShaped)}`,
    );
  }
  for (const [name, entry] of entries) {
    const tensor = state.get(name);
    if (tensor) entry.load(tensor);
  }
  return { missing, unexpected };
}
