import { fromDescription, type Transform } from '@zoo/transforms/pipeline';
import type { Recipe } from './job.ts';

const kept = new Map<number, Promise<Transform>>();
const limit = 16;

/** In a worker: the transform of a recipe, built once. Custom transforms come from code that the program itself named. */
export function rebuild({ id, transform }: Recipe): Promise<Transform> {
  let built = kept.get(id);
  if (!built) {
    built = fromDescription(transform, { importModules: true });
    if (kept.size >= limit) kept.delete(kept.keys().next().value!);
    kept.set(id, built);
  }
  return built;
}
