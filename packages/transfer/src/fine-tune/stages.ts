import { type AnyModule, type ImageModel, type Parameter, ZooError } from '@zoo/core';
import { isImageModel } from '../taps/collect.ts';
import { forwardOrder } from './forward-order.ts';

/** The modules of a net that have parameters or buffers of their own. */
export interface Stages {
  /** One list per entry of `featureInfo`, from the image on: what runs after the entry before and up to this one. */
  backbone: AnyModule[][];
  /** The classifier, and what evaluation never calls, such as auxiliary classifiers. */
  head: AnyModule[];
}

/** Divides `net` by its `featureInfo`; what follows the last entry belongs to the last stage. Throws `NOT_SUPPORTED`. */
export function stagesOf(net: AnyModule): Stages {
  if (!isImageModel(net)) {
    throw new ZooError(
      'NOT_SUPPORTED',
      `${(net as AnyModule).constructor.name} has no featureInfo to divide it by: it is not an ImageModel.`,
    );
  }
  const { features } = forwardOrder(net);
  const place = new Map(features.map((module, order) => [module, order]));
  const ends = stageEnds(net, features);
  const stages: Stages = { backbone: ends.map(() => []), head: [] };
  const seen = new Set<AnyModule>();
  // A module that is never called itself belongs where its parent is.
  const visit = (module: AnyModule, inherited: number | undefined) => {
    if (seen.has(module)) return;
    seen.add(module);
    const order = place.get(module) ?? inherited;
    if (module.namedState().length > 0) {
      const stage = order === undefined ? undefined : ends.filter((end) => end < order).length;
      const modules = stage === undefined ? stages.head : stages.backbone[Math.min(stage, ends.length - 1)]!;
      modules.push(module);
    }
    for (const [, child] of module.namedChildren()) visit(child, order);
  };
  visit(net, undefined);
  return stages;
}

/** Places, in the order of calls, of the modules that `featureInfo` names. */
function stageEnds(net: ImageModel, features: readonly AnyModule[]): number[] {
  const modules = new Map(net.namedModules());
  const ends = net.featureInfo.map(({ name }) => features.indexOf(modules.get(name)!)).filter((end) => end >= 0);
  return ends.length > 0 ? ends.sort((a, b) => a - b) : [features.length - 1];
}

/** Parameters of the modules' own, each once. */
export function ownParameters(modules: readonly AnyModule[]): Parameter[] {
  const own = new Set(modules.flatMap((module) => module.namedState().map(([, entry]) => entry)));
  return [...new Set(modules.flatMap((module) => module.parameters()))].filter((parameter) => own.has(parameter));
}
