import * as tf from '@tensorflow/tfjs-core';
import type { StateEntry } from '../module/state-entry.ts';

/** A parameter or buffer that a traced net reads. */
export interface TracedState extends StateEntry {
  /** Shape that the net sees. */
  readonly runtimeShape: readonly number[];
  /** Axis order that turns `runtimeShape` into `shape`. */
  readonly toTorchAxes: readonly number[];
}

/** What a parameter or buffer answers with instead of its value. */
export type Placeholder = (state: TracedState) => tf.Tensor;

let placeholder: Placeholder | undefined;

const empty: Placeholder = ({ runtimeShape }) => tf.fill([...runtimeShape], 0);

/** True while shapes are being computed without data: parameters answer with placeholders and keep their state. */
export const isTracing = (): boolean => placeholder !== undefined;

/** The placeholder of `state`; undefined outside a trace. */
export const placeholderOf = (state: TracedState): tf.Tensor | undefined => placeholder?.(state);

/** Runs `f` with tracing on, on a backend whose tensors have no data; `stand` makes the placeholders. */
export function withTracing<T>(f: () => T, stand: Placeholder = empty): T {
  const former = placeholder;
  placeholder = stand;
  try {
    return f();
  } finally {
    placeholder = former;
  }
}
