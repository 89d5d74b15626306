import type * as tf from '@tensorflow/tfjs-core';
import { type AnyModule, Module, ZooError } from '@zoo/core';
import { collectTaps, planTaps } from './collect.ts';
import type { TapName } from './tap-name.ts';

/** A net that returns what its taps see. */
export class FeatureExtractor<Name extends string = string> extends Module<[tf.Tensor], Record<Name, tf.Tensor>> {
  readonly net: AnyModule;
  readonly #taps: readonly string[];
  readonly #names: readonly Name[];

  /** `taps` are pairs of a tap and the name of its tensor. */
  constructor(net: AnyModule, taps: ReadonlyArray<readonly [string, Name]>) {
    super();
    this.net = net;
    this.#taps = taps.map(([tap]) => tap);
    this.#names = taps.map(([, name]) => name);
    planTaps(net, this.#taps);
    if (new Set(this.#names).size < taps.length) {
      throw new ZooError('DUPLICATE_NAME', `Two taps have the same alias: ${this.#names.join(', ')}.`);
    }
  }

  forward(x: tf.Tensor): Record<Name, tf.Tensor> {
    // Planned anew each time: a head that was replaced meanwhile is another module under the same name.
    const tensors = collectTaps(this.net, planTaps(this.net, this.#taps), x);
    const entries = this.#names.map((name, i) => [name, tensors[i]!]);
    return Object.fromEntries(entries) as Record<Name, tf.Tensor>;
  }
}

/**
 * A module from images to the tensors that `net` has at `taps`, by tap name or by the alias a record gives; after
 * torchvision's function of that name. A forward pass ends after the last tap it needs. `predict` gives features,
 * `call` gradients too; the caller disposes the tensors. Throws `UNKNOWN_NAME` with near names.
 *
 * ```ts
 * const { layer2, layer4 } = createFeatureExtractor(resnet18(), ['layer2', 'layer4']).predict(images);
 * ```
 */
export function createFeatureExtractor<Net extends AnyModule, const Tap extends TapName<Net>>(
  net: Net,
  taps: readonly Tap[],
): FeatureExtractor<Tap>;
export function createFeatureExtractor<
  Net extends AnyModule,
  const Aliases extends { readonly [T in TapName<Net>]?: string },
>(net: Net, taps: Aliases): FeatureExtractor<Aliases[keyof Aliases] & string>;
export function createFeatureExtractor(
  net: AnyModule,
  taps: readonly string[] | Readonly<Record<string, string>>,
): FeatureExtractor {
  const pairs = Array.isArray(taps) ? taps.map((tap: string) => [tap, tap] as const) : Object.entries(taps);
  return new FeatureExtractor(net, pairs);
}
