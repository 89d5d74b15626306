import { type AnyModule, type Registry, sameShape } from '@zoo/core';
import type { TensorInfo } from '../source/weight-file.ts';

/** Share of tensors, of both together, that agree in name and shape; dimension 0 may differ, as classifiers do. */
function agreement(file: ReadonlyMap<string, TensorInfo>, model: AnyModule): number {
  let common = 0;
  let total = file.size;
  for (const [name, { shape }] of model.stateEntries()) {
    const found = file.get(name)?.shape;
    if (found && (sameShape(found, shape) || sameShape(found.slice(1), shape.slice(1)))) common++;
    else total++;
  }
  return common / total;
}

/** The registered model that a file's tensors look most like, if one is close. Models are built without any memory. */
export function lookAlike(file: ReadonlyMap<string, TensorInfo>, registry: Registry): string | undefined {
  let best: string | undefined;
  let bestScore = 0.7;
  for (const name of registry.listModels()) {
    let model: AnyModule;
    try {
      model = registry.model(name).create();
    } catch {
      continue; // needs options
    }
    const score = agreement(file, model);
    model.dispose();
    if (score > bestScore) [best, bestScore] = [name, score];
  }
  return best;
}
