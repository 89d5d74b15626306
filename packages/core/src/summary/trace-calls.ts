import * as tf from '@tensorflow/tfjs-core';
import { noGrad } from '../autograd/no-grad.ts';
import { currentModule, observeCalls } from '../module/call-stack.ts';
import type { AnyModule } from '../module/module.ts';
import { runOnShapes } from './shape-backend.ts';

export interface TracedCall {
  module: AnyModule;
  inputs: readonly unknown[];
  output: unknown;
}

export interface Trace {
  /** In the order in which they returned. */
  calls: readonly TracedCall[];
  /** What the net returned, alone or inside arrays and objects. */
  returned: ReadonlySet<tf.Tensor>;
  /** The innermost modules whose kernels read `tensor`; undefined stands for code outside every module. */
  readersOf(tensor: tf.Tensor): ReadonlySet<AnyModule | undefined>;
}

/** Runs `net` on shapes alone and tells which module read which tensor. */
export function traceCalls(net: AnyModule, inputShape: readonly number[]): Trace {
  const calls: TracedCall[] = [];
  const readers = new Map<object, Set<AnyModule | undefined>>();
  let returned: tf.Tensor[] = [];
  const run = () => {
    returned = tensorsIn(noGrad(() => net.predict(tf.zeros([...inputShape]))));
  };
  runOnShapes(() => observeCalls((module, inputs, output) => void calls.push({ module, inputs, output }), run), {
    onRead: ({ dataId }) => {
      const modules = readers.get(dataId) ?? new Set();
      readers.set(dataId, modules.add(currentModule()));
    },
  });
  return { calls, returned: new Set(returned), readersOf: ({ dataId }) => readers.get(dataId) ?? new Set() };
}

function tensorsIn(value: unknown): tf.Tensor[] {
  if (value instanceof tf.Tensor) return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(tensorsIn) : [];
}
