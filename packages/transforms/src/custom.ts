import { currentRng, type Rng, ZooError } from '@zoo/core/base';
import type { AnyImage } from './image.ts';
import type { JointTransform, Labelled, Transform, TransformDescription } from './transform.ts';

/** What a factory of one's own returns: the image it is given must stay as it is. */
export interface CustomBehaviour {
  apply(image: AnyImage, rng: Rng): AnyImage;
  /** Needed where masks are transformed along. */
  applyJoint?(pair: Labelled, rng: Rng): Labelled;
}

export interface CustomOptions {
  /** Name of the exported factory; default `default`. */
  export?: string;
  /** Handed to the factory; plain JSON data. */
  options?: Readonly<Record<string, unknown>>;
}

type Factory = (options: Readonly<Record<string, unknown>>) => CustomBehaviour;

/**
 * A transform from a module of one's own, which exports a factory `(options) => ({ apply(image, rng) })`. It is
 * described by the module's URL, so that a worker can import it again. Throws `INVALID_CONFIG` where there is no such
 * module or factory.
 */
export async function customTransform(
  module: string | URL,
  { export: name = 'default', options = {} }: CustomOptions = {},
): Promise<Transform | JointTransform> {
  const url = String(module);
  let loaded: Record<string, unknown>;
  try {
    loaded = await import(/* @vite-ignore */ url);
  } catch (cause) {
    const message = `The module ${url} cannot be imported: ${(cause as Error).message}. Give its full URL, as import.meta.url helps to make.`;
    throw new ZooError('INVALID_CONFIG', message, { cause });
  }
  const factory = Object.hasOwn(loaded, name) ? loaded[name] : undefined;
  if (typeof factory !== 'function') {
    throw new ZooError('INVALID_CONFIG', `${url} exports no function '${name}' that makes a transform.`);
  }
  const behaviour = (factory as Factory)(options);
  if (typeof behaviour?.apply !== 'function') {
    throw new ZooError('INVALID_CONFIG', `'${name}' of ${url} returned no object with apply(image, rng).`);
  }
  const description: TransformDescription = { transform: 'custom', options: { module: url, export: name, options } };
  return {
    apply: (image, rng) => behaviour.apply(image, rng ?? currentRng()),
    ...(behaviour.applyJoint && { applyJoint: behaviour.applyJoint.bind(behaviour) }),
    describe: () => description,
  };
}
