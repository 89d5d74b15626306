import { type AnyModule, ZooError } from '@zoo/core';
import type { Callback, EpochInfo, TrainerView } from '@zoo/train';
import { FusedModel } from '../fuse.ts';
import { moduleNamed } from '../module-names.ts';
import { stagesOf } from './stages.ts';

export interface GradualUnfreezingOptions {
  /** Epochs between one stage and the next; default 1. */
  every?: number;
  /** Module names in the order in which they thaw; default the stages of `featureInfo`, the last one first. */
  stages?: readonly string[];
}

/** Modules that train from the first epoch on, and the lists that join them one after the other. */
interface Plan {
  always: readonly AnyModule[];
  stages: ReadonlyArray<readonly AnyModule[]>;
}

function plan(model: AnyModule, names: readonly string[] | undefined): Plan {
  const fused = model instanceof FusedModel;
  const { backbone, head } = stagesOf(fused ? model.backbone : model);
  const always = fused ? [model.head] : head;
  const stages = names ? names.map((name) => [moduleNamed(model, name)]) : backbone.reverse();
  return { always, stages };
}

/**
 * Trains the classifier alone at first and thaws one more stage of the backbone every `every` epochs, from the output
 * down (Howard and Ruder 2018, https://arxiv.org/abs/1801.06146). What is frozen depends on the epoch alone, so that
 * a resumed training goes on as it was. Give the optimizer all parameters, e.g. by `parameterGroups`.
 */
export function gradualUnfreezing({ every = 1, stages }: GradualUnfreezingOptions = {}): Callback {
  if (!Number.isInteger(every) || every < 1) {
    throw new ZooError('INVALID_ARGUMENT', `gradualUnfreezing: 'every' is a whole number of epochs, got ${every}.`);
  }
  let planned: Plan | undefined;
  return {
    onFitStart(_info: unknown, { model }: TrainerView) {
      planned = plan(model, stages);
    },
    onEpochStart({ epoch }: EpochInfo, { model }: TrainerView) {
      planned ??= plan(model, stages);
      model.freeze();
      const thawed = planned.stages.slice(0, Math.floor((epoch - 1) / every));
      for (const module of [...planned.always, ...thawed.flat()]) module.unfreeze();
    },
  };
}
