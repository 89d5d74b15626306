import type * as tf from '@tensorflow/tfjs-core';
import type { InputSpec, Module, Registry } from '@zoo/core';

/** What the commands need of a net: one tensor in, one out. */
export type Net = Module<[tf.Tensor], tf.Tensor>;

/** A registered model by name; unknown names throw with the nearest match. */
export function createNet(model: { registry: Registry; name: string; options: object }): Net {
  return model.registry.model(model.name).create(model.options) as Net;
}

/** The pixel format that an image model states; other nets have none. */
export const inputSpecOf = (net: Net): InputSpec | undefined => (net as { inputSpec?: InputSpec }).inputSpec;
