import { type AnyModule, formatShape, type HostTensor, numElements, type StateEntry, sameShape } from '@zoo/core';
import type { TensorInfo } from '../source/weight-file.ts';
import { adaptFirstKernel } from './first-kernel.ts';

export interface AdaptOptions {
  /** Classes that the net was asked to have: a classifier of another size is then left at its initial values. */
  numClasses?: number;
  /** Channels that the net was asked to have: the first kernel is then adapted to them. */
  inChannels?: number;
  /** Turns the file's key into the net's; undefined leaves the tensor out. */
  keyMap?: (key: string) => string | undefined;
}

/** Where one of the net's tensors comes from. */
export interface Assignment {
  /** Key in the file. */
  source: string;
  adapt?: (tensor: HostTensor) => HostTensor;
}

/** How a file's tensors fit a net, found out from names and shapes alone. */
export interface LoadPlan {
  /** By the net's names. */
  assignments: Map<string, Assignment>;
  /** Names of the file's tensors that do not go into the net, the classifier's among them. */
  dropped: string[];
  /** The net's names that keep their initial values because the classifier was dropped. */
  kept: string[];
  adapted: string[];
  missing: string[];
  unexpected: string[];
  /** One line each, with both shapes. */
  misShaped: string[];
  notices: string[];
}

type Shape = readonly number[];

const differsOnlyAt = (axis: number, a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((d, i) => (d === b[i]) !== (i === axis));

/** A convolution over the whole map holds the same numbers, in the same order, as the linear layer after a flatten. */
const isFlattened = (file: Shape, net: Shape): boolean =>
  file.length === 4 && net.length === 2 && file[0] === net[0] && numElements(file) === numElements(net);

const reshape =
  (shape: Shape) =>
  (tensor: HostTensor): HostTensor =>
    ({ ...tensor, shape }) as HostTensor;

/** Names of the model's modules that hold no state, as the `Identity` left where a net has no classifier. */
function emptyModules(model: AnyModule): Set<string> {
  return new Set([...model.namedModules()].filter(([, m]) => m.stateEntries().next().done).map(([name]) => name));
}

const parentOf = (key: string): string => key.slice(0, Math.max(0, key.lastIndexOf('.')));

/** Matches a file with a net as timm does. */
export function planLoad(file: ReadonlyMap<string, TensorInfo>, model: AnyModule, options: AdaptOptions): LoadPlan {
  const { numClasses, inChannels, keyMap = (key) => key } = options;
  const plan: LoadPlan = {
    assignments: new Map(),
    ...{ dropped: [], kept: [], adapted: [], missing: [], unexpected: [], misShaped: [], notices: [] },
  };
  const sources = new Map<string, string>();
  for (const source of file.keys()) {
    const key = keyMap(source);
    if (key === undefined) plan.dropped.push(source);
    else sources.set(key, source);
  }
  const entries = new Map<string, StateEntry>(model.stateEntries());
  const firstKernel = [...entries].find(([, { shape }]) => shape.length === 4)?.[0];

  for (const [key, { shape }] of entries) {
    const source = sources.get(key);
    if (source === undefined) {
      // Files older than PyTorch 0.4.1 have no batch counters; PyTorch accepts those too.
      if (!key.endsWith('num_batches_tracked')) plan.missing.push(key);
      continue;
    }
    const found = file.get(source)!.shape;
    if (sameShape(found, shape)) {
      plan.assignments.set(key, { source });
    } else if (numClasses !== undefined && shape[0] === numClasses && differsOnlyAt(0, shape, found)) {
      plan.dropped.push(source);
      plan.kept.push(key);
      plan.notices.push(`'${key}' is for ${found[0]} classes, not ${numClasses}: it keeps its initial values.`);
    } else if (key === firstKernel && inChannels === shape[1] && differsOnlyAt(1, shape, found)) {
      plan.assignments.set(key, { source, adapt: (tensor) => adaptFirstKernel(tensor, shape[1]!) });
      plan.adapted.push(key);
      plan.notices.push(`'${key}' was adapted from ${found[1]} input channels to ${shape[1]}.`);
    } else if (isFlattened(found, shape)) {
      plan.assignments.set(key, { source, adapt: reshape(shape) });
      plan.adapted.push(key);
    } else {
      plan.misShaped.push(`${key}: the net has ${formatShape(shape)}, the file ${formatShape(found)}`);
    }
  }

  const empty = numClasses === 0 ? emptyModules(model) : new Set();
  for (const [key, source] of sources) {
    if (entries.has(key)) continue;
    if (empty.has(parentOf(key))) {
      plan.dropped.push(source);
      plan.notices.push(`'${key}' was left out: the net has no classifier.`);
    } else plan.unexpected.push(source);
  }
  return plan;
}
