import * as tf from '@tensorflow/tfjs-core';
import {
  formatShape,
  type HostTensor,
  type Parameter,
  permuteAxes,
  type StateDict,
  sameShape,
  shown,
  ZooError,
} from '@zoo/core';
import type { OptionRule } from '../options.ts';
import type { ParameterGroup } from './optimizer.ts';
import type { Slots } from './slots.ts';

/** An optimizer's state on the host; plain data but for the tensors. */
export interface OptimizerState {
  /**
   * `0.exp_avg`, `0.step`, ...: slots by the parameter's place among all groups, named as in `torch.optim` and in
   * PyTorch's layout.
   */
  tensors: StateDict;
  /** The options of each group, with the places of its parameters. */
  paramGroups: Array<Record<string, unknown> & { params: number[] }>;
}

export async function optimizerState(
  groups: readonly ParameterGroup[],
  slotsOf: (parameter: Parameter) => Slots | undefined,
): Promise<OptimizerState> {
  const tensors: StateDict = new Map();
  const paramGroups: OptimizerState['paramGroups'] = [];
  let place = 0;
  for (const { params, ...options } of groups) {
    const places: number[] = [];
    for (const parameter of params) {
      const slots = slotsOf(parameter);
      if (slots) {
        tensors.set(`${place}.step`, { dtype: 'float32', shape: [], data: Float32Array.of(slots.step) });
        for (const [name, slot] of slots.entries()) {
          const values = (await slot.data()) as Float32Array;
          const data = permuteAxes(values, parameter.runtimeShape, parameter.toTorchAxes);
          const own = data === values ? data.slice() : data;
          tensors.set(`${place}.${name}`, { dtype: 'float32', shape: [...parameter.shape], data: own });
        }
      }
      places.push(place++);
    }
    paramGroups.push({ ...options, params: places });
  }
  return { tensors, paramGroups };
}

interface Destination {
  /** The optimizer's name, for errors. */
  owner: string;
  groups: readonly ParameterGroup[];
  rules: Readonly<Record<string, OptionRule<unknown>>>;
  /** Forgets all slots. */
  clear(): void;
  /** Makes the slots where there are none. */
  slotsOf(parameter: Parameter): Slots;
}

/** Checks a state and returns what takes it over. Throws `STATE_DICT_MISMATCH`. */
export function prepareOptimizerState(
  state: OptimizerState,
  { owner, groups, rules, clear, slotsOf }: Destination,
): () => void {
  const refuse = (what: string): never => {
    throw new ZooError('STATE_DICT_MISMATCH', `The state does not fit this ${owner}; nothing was loaded: ${what}.`);
  };
  const sizes = (list: ReadonlyArray<{ params: readonly unknown[] }>) => list.map((g) => g.params.length).join(', ');
  if (sizes(state.paramGroups) !== sizes(groups)) {
    refuse(`its groups have [${sizes(state.paramGroups)}] parameters, the optimizer's [${sizes(groups)}]`);
  }
  const options = state.paramGroups.map(({ params: _places, ...own }, i) => {
    const known = (name: string): boolean => name === 'initialLr' || Object.hasOwn(rules, name);
    const unknown = Object.keys(own).filter((name) => !known(name));
    if (unknown.length > 0) refuse(`group ${i} has the unknown options ${unknown.join(', ')}`);
    for (const [name, value] of Object.entries(own)) {
      const wrong = (rules[name === 'initialLr' ? 'lr' : name] as OptionRule<unknown>).refusal(value);
      if (wrong) refuse(`'${name}' of group ${i} must be ${wrong}, got ${shown(value)}`);
    }
    return own;
  });
  const parameters = groups.flatMap((group) => group.params);
  const slots = [...state.tensors].map(([name, tensor]) => {
    const [, place, slot] = /^(\d+)\.(\w+)$/.exec(name) ?? refuse(`unexpected name '${name}'`);
    const parameter = parameters[Number(place)] ?? refuse(`'${name}' belongs to no parameter`);
    const shape = slot === 'step' ? [] : parameter.shape;
    if (!sameShape(tensor.shape, shape)) {
      refuse(`'${name}' has shape ${formatShape(tensor.shape)} instead of ${formatShape(shape)}`);
    }
    if (tensor.dtype !== 'float32') refuse(`'${name}' is ${tensor.dtype} instead of float32`);
    const [first] = tensor.data as Float32Array;
    if (slot === 'step' && !(Number.isInteger(first) && first! >= 0)) {
      refuse(`'${name}' is ${first}, not a count of steps`);
    }
    if (!state.tensors.has(`${place}.step`)) refuse(`'${name}' has no '${place}.step' beside it`);
    return { parameter, slot: slot!, tensor: tensor as HostTensor & { dtype: 'float32' } };
  });

  return () => {
    clear();
    groups.forEach((group, i) => void Object.assign(group, options[i]));
    for (const { parameter, slot, tensor } of slots) {
      if (slot === 'step') slotsOf(parameter).step = tensor.data[0]!;
      else tf.tidy(() => slotsOf(parameter).set(slot, runtimeTensor(tensor.data, parameter)));
    }
  };
}

/** Values in PyTorch's layout as a tensor in the parameter's own. */
function runtimeTensor(values: Float32Array, { shape, runtimeShape, toTorchAxes }: Parameter): tf.Tensor {
  const toRuntimeAxes = toTorchAxes.map((_, axis) => toTorchAxes.indexOf(axis));
  const data = permuteAxes(values, shape, toRuntimeAxes);
  return tf.tensor(data === values ? data.slice() : data, [...runtimeShape], 'float32');
}
