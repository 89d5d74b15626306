import { type AnyModule, type Parameter, ZooError } from '@zoo/core';
import type { OptimizerOptions, ParameterGroupInit } from '@zoo/train';
import { FusedModel } from '../fuse.ts';
import { ownParameters, stagesOf } from './stages.ts';

export interface ParameterGroupsOptions {
  /** Learning rate of the backbone. */
  lr: number;
  /** Learning rate of the classifier; default `10 * lr`, as in the course notes. */
  headLr?: number;
  /**
   * Factor from one stage of `featureInfo` to the one before: of n stages, stage i (from 0) gets
   * `lr * layerDecay ** (n - i)`, as in timm. Without it the whole backbone has `lr`.
   */
  layerDecay?: number;
}

/** A group of parameters with its learning rate. */
export type LearningRateGroup = ParameterGroupInit<OptimizerOptions> & { params: Parameter[]; lr: number };

/**
 * The parameters of `net` for any optimizer of `@zoo/train`: a slow backbone, stage by stage with `layerDecay`, and a
 * fast head, which comes last. Frozen parameters are among them, so that they can be unfrozen later; trainers leave them
 * out. Throws `NOT_SUPPORTED` for a net without `featureInfo`.
 *
 * ```ts
 * const optimizer = new SGD(parameterGroups(net, { lr: 5e-5 }), { lr: 5e-5, momentum: 0.9 });
 * ```
 */
export function parameterGroups(net: AnyModule, options: ParameterGroupsOptions): LearningRateGroup[] {
  const { lr, headLr = 10 * lr, layerDecay } = options;
  for (const [name, value] of Object.entries({ lr, headLr, layerDecay: layerDecay ?? 1 })) {
    if (Number.isFinite(value) && value >= 0) continue;
    throw new ZooError('INVALID_ARGUMENT', `parameterGroups: '${name}' must be a number >= 0, got ${value}.`);
  }
  const stages = stagesOf(net instanceof FusedModel ? net.backbone : net);
  const head = net instanceof FusedModel ? net.head.parameters() : ownParameters(stages.head);
  const { backbone } = stages;
  const rates =
    layerDecay === undefined
      ? [{ params: ownParameters(backbone.flat()), lr }]
      : backbone.map((modules, i) => ({
          params: ownParameters(modules),
          lr: lr * layerDecay ** (backbone.length - i),
        }));
  return [...rates, { params: head, lr: headLr }].filter(({ params }) => params.length > 0);
}
