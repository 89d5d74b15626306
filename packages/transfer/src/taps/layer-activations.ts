import * as tf from '@tensorflow/tfjs-core';
import type { AnyModule } from '@zoo/core';
import { hookTaps, planTaps, type TapHooks } from './collect.ts';
import type { ModuleName } from './tap-name.ts';

/**
 * Watches modules while a net is used as always: after each forward pass `activations` has their latest outputs. The
 * tensors belong to this object and are disposed when the next ones come, and by `remove()`, which ends the watching.
 *
 * ```ts
 * const watched = new LayerActivations(net, ['layer1', 'layer4']);
 * net.predict(images);
 * console.log(watched.activations.layer1.shape);
 * watched.remove();
 * ```
 */
export class LayerActivations<Net extends AnyModule, const Tap extends ModuleName<Net>> {
  readonly activations = {} as Record<Tap, tf.Tensor>;
  readonly #hooks: TapHooks;
  readonly #begin: { remove(): void };

  constructor(net: Net, taps: readonly Tap[]) {
    const plans = planTaps(net, taps);
    this.#hooks = hookTaps(plans, ({ name }, output) => {
      this.activations[name as Tap]?.dispose();
      this.activations[name as Tap] = tf.keep(tf.clone(output));
    });
    this.#begin = net.registerForwardPreHook(() => {
      this.#hooks.restart();
      return undefined;
    });
  }

  remove(): void {
    this.#hooks.remove();
    this.#begin.remove();
    for (const tap of Object.keys(this.activations) as Tap[]) {
      this.activations[tap].dispose();
      delete this.activations[tap];
    }
  }
}
