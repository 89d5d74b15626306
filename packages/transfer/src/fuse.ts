import type * as tf from '@tensorflow/tfjs-core';
import { type AnyModule, type InputSpec, Module, refuseUnknown } from '@zoo/core';
import { checkPool, type FeaturePool, joinRows } from './features/pool.ts';
import { collectTaps, planTaps } from './taps/collect.ts';
import type { TapName } from './taps/tap-name.ts';

export interface FuseOptions<Net extends AnyModule> {
  /** Where the head's features were read; several are joined in this order. Default `preLogits`. */
  tap?: TapName<Net> | readonly TapName<Net>[];
  /** How feature maps were pooled; default `avg`. */
  pool?: FeaturePool;
}

/** A backbone and a head that was trained on its features, as one net: images to what the head gives. */
export class FusedModel<Net extends AnyModule = AnyModule> extends Module<[tf.Tensor], tf.Tensor> {
  readonly backbone: Net;
  readonly head: Module<[tf.Tensor], tf.Tensor>;
  /** The backbone's, where it has one. */
  readonly inputSpec: InputSpec | undefined;
  readonly #taps: readonly string[];
  readonly #pool: FeaturePool;

  constructor(net: Net, head: Module<[tf.Tensor], tf.Tensor>, taps: readonly string[], pool: FeaturePool) {
    super();
    planTaps(net, taps);
    this.backbone = net;
    this.head = head;
    this.inputSpec = (net as { inputSpec?: InputSpec }).inputSpec;
    this.#taps = taps;
    this.#pool = checkPool(pool);
  }

  forward(x: tf.Tensor): tf.Tensor {
    const outputs = collectTaps(this.backbone, planTaps(this.backbone, this.#taps), x);
    return this.head.call(joinRows(outputs, this.#pool));
  }
}

/**
 * One net of `net` and a head trained on its features, to deploy or to fine-tune: its state dict has `backbone.*` and
 * `head.*`. Both modules are used, not copied. The backbone's own classifier stays in the state dict, unused;
 * `replaceHead(net, 0)` before drops it. Throws `UNKNOWN_NAME` for a tap there is not.
 */
export function fuse<Net extends AnyModule>(
  net: Net,
  head: Module<[tf.Tensor], tf.Tensor>,
  options: FuseOptions<Net> = {},
): FusedModel<Net> {
  refuseUnknown('fuse', options, ['tap', 'pool']);
  const { tap = 'preLogits', pool = 'avg' } = options;
  const taps: readonly string[] = typeof tap === 'string' ? [tap] : (tap as readonly string[]);
  return new FusedModel(net, head, taps, pool);
}
