import type { ImageModel } from '@zoo/core';
import { loadModel } from '@zoo/weights/node';
import { familyRegistry } from '../../tooling/families.ts';
import type { Job } from '../suite/protocol.ts';

/** The job's net with its weights, or with random ones where it has none. */
export async function buildNet({ net, weights }: Job): Promise<ImageModel> {
  const registry = familyRegistry();
  const built = weights ? await loadModel(registry, net, { weights }) : registry.model(net).create({ seed: 1 });
  return built as ImageModel;
}
