import type { AnyModule, StateDict } from '@zoo/core';
import { type AdaptOptions, planLoad } from './plan.ts';

/** A state dict made to fit a net. */
export interface AdaptedStateDict {
  /** By the net's names; load it with `strict: false` where `dropped` is not empty. */
  state: StateDict;
  /** Keys of the given state dict that were left out: the classifier, and what `keyMap` refuses. */
  dropped: string[];
  /** The net's names of the tensors whose shape was changed. */
  adapted: string[];
}

/**
 * Makes a state dict fit `model` as timm does: a classifier for another number of classes is left out, the first kernel
 * is adapted to other input channels, and keys are renamed by `keyMap`. What does not fit otherwise stays as it is, for
 * `loadStateDict` to report.
 */
export function adaptStateDict(
  state: StateDict,
  model: AnyModule,
  { onNotice, ...options }: AdaptOptions & { onNotice?: (notice: string) => void } = {},
): AdaptedStateDict {
  const { assignments, dropped, adapted, notices } = planLoad(state, model, options);
  const result: StateDict = new Map();
  const targets = new Map([...assignments].map(([key, { source, adapt }]) => [source, { key, adapt }]));
  const left = new Set(dropped);
  for (const [source, tensor] of state) {
    const target = targets.get(source);
    if (target) result.set(target.key, target.adapt?.(tensor) ?? tensor);
    else if (!left.has(source)) result.set(options.keyMap?.(source) ?? source, tensor);
  }
  for (const notice of notices) onNotice?.(notice);
  return { state: result, dropped, adapted };
}
