import { formatShape, type HostTensor, type StateDict, sameShape, toFloat32 } from '@zoo/core';
import { invalid, refuseUnknown } from '../options.ts';
import { checkWeights } from '../vote/check-members.ts';

export interface SoupOptions {
  /** One per state dict, not negative, adding up to 1; default equal. */
  weights?: readonly number[];
}

const isFloat = ({ dtype }: HostTensor): boolean => /float/.test(dtype);

/**
 * The weighted mean of the state dicts of one architecture, e.g. of fine-tunings of one net (model soups, Wortsman et
 * al., 2022). Sums in float64 and gives float32; integers are those of the first. Nets with batch norm need
 * `updateBatchNorm` afterwards.
 */
export function soup(states: readonly StateDict[], options: SoupOptions = {}): StateDict {
  refuseUnknown('soup', options, ['weights']);
  const [first, ...others] = states;
  if (!first) throw invalid('soup needs at least one state dict.');
  if (!states.every((state) => state instanceof Map)) {
    throw invalid("soup takes state dicts, the Maps that 'await net.stateDict()' and 'loadWeights' give.");
  }
  const weights = checkWeights('soup', options.weights, states.length);
  for (const [i, other] of others.entries()) refuseMisfit(first, other, i + 1);
  const mixed: StateDict = new Map();
  for (const [name, tensor] of first) {
    if (!isFloat(tensor)) {
      mixed.set(name, tensor);
      continue;
    }
    const sum = new Float64Array(tensor.data.length);
    for (const [m, state] of states.entries()) {
      const values = toFloat32(state.get(name)!);
      for (let i = 0; i < sum.length; i++) sum[i]! += weights[m]! * values[i]!;
    }
    mixed.set(name, { dtype: 'float32', shape: tensor.shape, data: Float32Array.from(sum) });
  }
  return mixed;
}

function refuseMisfit(first: StateDict, other: StateDict, index: number): void {
  const refuse = (what: string) =>
    invalid(`soup: state dict ${index} is not of the same architecture as state dict 0: ${what}.`);
  for (const [name, { shape }] of first) {
    const found = other.get(name);
    if (!found) throw refuse(`it has no '${name}'`);
    if (!sameShape(found.shape, shape)) {
      throw refuse(`'${name}' is ${formatShape(found.shape)}, not ${formatShape(shape)}`);
    }
  }
  for (const name of other.keys()) if (!first.has(name)) throw refuse(`it has '${name}' besides`);
}
