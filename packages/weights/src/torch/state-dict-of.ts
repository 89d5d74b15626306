import { type StateDict, ZooError } from '@zoo/core';
import { showPickled } from './unpickle.ts';
import type { RawCheckpoint } from './zip-checkpoint.ts';

/** A PyTorch file: its state dict, and what else it holds. */
export interface TorchCheckpoint {
  /** Tensors by name, in the file's order. */
  tensors: StateDict;
  /**
   * Everything else in plain data: Map for dict, array for list and tuple, HostTensor for tensors. Empty for a file that
   * is a state dict.
   */
  checkpoint: Map<unknown, unknown>;
  /** What was changed on the way, in words. */
  notices: string[];
}

/** Where training scripts put the net in their checkpoints, tried in this order. */
const stateDictKeys = ['state_dict', 'model', 'model_state_dict', 'net', 'state_dict_ema', 'model_ema'];

/** What wrappers of a net put before every name. */
const wrappers: Readonly<Record<string, string>> = {
  'module.': 'DataParallel',
  '_orig_mod.': 'torch.compile',
};

type Tested = RawCheckpoint['isTensor'];

function split(map: Map<unknown, unknown>, isTensor: Tested): { tensors: StateDict; rest: Map<unknown, unknown> } {
  const tensors: StateDict = new Map();
  const rest = new Map<unknown, unknown>();
  for (const [key, value] of map) {
    if (typeof key === 'string' && isTensor(value)) tensors.set(key, value);
    else rest.set(key, value);
  }
  return { tensors, rest };
}

function unwrap(tensors: StateDict, notices: string[]): StateDict {
  let names = [...tensors.keys()];
  const values = [...tensors.values()];
  for (const [prefix, wrapper] of Object.entries(wrappers)) {
    if (names.length === 0 || !names.every((name) => name.startsWith(prefix) && name.length > prefix.length)) continue;
    names = names.map((name) => name.slice(prefix.length));
    notices.push(`Every name begins with '${prefix}', from ${wrapper}; it was removed.`);
  }
  return new Map(names.map((name, i) => [name, values[i]!]));
}

/** Finds the state dict in what a file holds: the object itself, or one of the keys that training scripts use. */
export function stateDictOf({ root, isTensor }: RawCheckpoint, file: string): TorchCheckpoint {
  const notices: string[] = [];
  if (root instanceof Map) {
    for (const key of stateDictKeys) {
      const value = root.get(key);
      if (!(value instanceof Map)) continue;
      const { tensors, rest } = split(value, isTensor);
      if (tensors.size === 0) continue;
      const checkpoint = new Map([...root].filter(([other]) => other !== key));
      for (const name of rest.keys())
        notices.push(`'${showPickled(name)}' in '${key}' is not a tensor; it was left out.`);
      return { tensors: unwrap(tensors, notices), checkpoint, notices };
    }
    const { tensors, rest } = split(root, isTensor);
    if (tensors.size > 0) return { tensors: unwrap(tensors, notices), checkpoint: rest, notices };
  }
  const found =
    root instanceof Map
      ? `a dict with the keys ${[...root.keys()].slice(0, 10).map(showPickled).join(', ') || '(none)'}`
      : isTensor(root)
        ? 'a single tensor'
        : 'no dict';
  const hint = `Save the net's state_dict(), or a dict that has it under ${stateDictKeys.slice(0, 3).join(', ')}.`;
  throw new ZooError('NOT_SUPPORTED', `${file} holds ${found}, not a state dict. ${hint}`);
}
