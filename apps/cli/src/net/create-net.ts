import type * as tf from '@tensorflow/tfjs-core';
import { type InputSpec, isZooError, type Module, nearest, type Registry, ZooError } from '@zoo/core';

/** What the commands need of a net: one tensor in, one out. */
export type Net = Module<[tf.Tensor], tf.Tensor>;

/** Options that every factory takes, whether it looks at them or not. */
const general = ['numClasses', 'inChannels', 'dropRate', 'seed'];

/** The options, and what the factory looked at; `all` where it copied them, which tells nothing. */
function observed(options: object): { watched: object; seen: Set<string>; all: () => boolean } {
  const seen = new Set<string>();
  let copied = false;
  const watched = new Proxy(options, {
    get(target, key, receiver) {
      if (typeof key === 'string') seen.add(key);
      return Reflect.get(target, key, receiver);
    },
    ownKeys(target) {
      copied = true;
      return Reflect.ownKeys(target);
    },
  });
  return { watched, seen, all: () => copied };
}

/**
 * A registered model by name; unknown names throw with the nearest match. Options that the factory does not look at, or
 * cannot use, are refused with `INVALID_ARGUMENT`.
 */
export function createNet({ registry, name, options }: { registry: Registry; name: string; options: object }): Net {
  const { create } = registry.model(name);
  const { watched, seen, all } = observed(options);
  let net: Net;
  try {
    net = create(watched) as Net;
  } catch (error) {
    if (isZooError(error) || Object.keys(options).every((key) => general.includes(key))) throw error;
    const message = `${name} cannot be built with ${JSON.stringify(options)}: ${(error as Error).message}.`;
    throw new ZooError('INVALID_ARGUMENT', message, { cause: error });
  }
  const unknown = Object.keys(options).find((key) => !seen.has(key) && !general.includes(key));
  if (unknown === undefined || all()) return net;
  net.dispose();
  const known = [...seen].filter((key) => !general.includes(key));
  const suggestion = nearest(unknown, known);
  const hint = suggestion ? ` Did you mean '${suggestion}'?` : '';
  const list = known.length > 0 ? `: ${known.join(', ')}` : ' of its own';
  const message = `${name} has no option '${unknown}'.${hint} It takes ${known.length > 0 ? 'these' : 'none'}${list}.`;
  throw new ZooError('INVALID_ARGUMENT', message);
}

/** The pixel format that an image model states; other nets have none. */
export const inputSpecOf = (net: Net): InputSpec | undefined => (net as { inputSpec?: InputSpec }).inputSpec;

/** Gives the net the pixel format that its weights were trained with. */
export function setInputSpec(net: Net, spec: InputSpec): void {
  Reflect.set(net, 'inputSpec', spec);
}
