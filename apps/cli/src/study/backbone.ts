import { createHash } from 'node:crypto';
import { type InputSpec, isZooError, type Registry, seeded, ZooError } from '@zoo/core';
import type { Dataset } from '@zoo/datasets';
import { createFeatureExtractor } from '@zoo/transfer';
import { Compose, fromDescription, type Transform, type TransformDescription } from '@zoo/transforms';
import type { ImageSource } from '../data/image-source.ts';
import type { BackboneSpec } from '../experiment/schema.ts';
import { inputSpecOf, type Net } from '../net/create-net.ts';
import { type LoadNetOptions, loadNet } from '../net/load-net.ts';

/** A net with weights, and how images are prepared for it. */
export interface Backbone {
  net: Net;
  spec: BackboneSpec;
  inputSpec: InputSpec;
  /** Options that the net was built with. */
  options: Readonly<Record<string, unknown>>;
  classNames: readonly string[] | 'imagenet' | undefined;
}

export interface LoadBackboneOptions extends Pick<LoadNetOptions, 'onProgress' | 'onNotice' | 'signal'> {
  registry: Registry;
  cwd: string;
}

/** Loads a backbone with its weights and checks its taps; the caller disposes the net. */
export async function loadBackbone(spec: BackboneSpec, options: LoadBackboneOptions): Promise<Backbone> {
  const { model, weights } = spec;
  const loaded = await loadNet({ ...options, model, weights, options: spec.options });
  try {
    const inputSpec = inputSpecOf(loaded.net);
    if (!inputSpec) throw new ZooError('NOT_SUPPORTED', `${model} takes no images: it cannot be a backbone.`);
    seeded(0, () => createFeatureExtractor<Net, string>(loaded.net, spec.taps)); // refuses unknown taps
    return { ...loaded, spec, inputSpec };
  } catch (error) {
    loaded.net.dispose();
    throw error;
  }
}

/** Transforms from their descriptions. */
const transformsOf = (descriptions: readonly TransformDescription[]): Promise<Transform[]> =>
  Promise.all(descriptions.map((description) => fromDescription(description)));

/** Images as the backbone takes them: by its own transforms where it has some, else by its preset after `before`. */
export async function prepareFor(
  { spec, inputSpec }: Backbone,
  images: ImageSource,
  before: readonly TransformDescription[],
): Promise<Dataset> {
  try {
    if (spec.transforms) return images.prepared(new Compose(await transformsOf(spec.transforms)));
    return images.preparedFor(inputSpec, await transformsOf(before));
  } catch (error) {
    if (!isZooError(error)) throw error;
    throw new ZooError(error.code, `Images of ${images.name} for ${spec.name ?? spec.model}: ${error.message}`, {
      cause: error,
    });
  }
}

/** Eight digits that differ where the features differ, so that stores of former settings stay beside new ones. */
export function storeKey({ spec }: Backbone, dataset: Dataset): string {
  const { model, weights, options, taps, pool } = spec;
  const facts = JSON.stringify([model, weights, options, taps, pool, dataset.describe()]);
  return createHash('sha256').update(facts).digest('hex').slice(0, 8);
}
