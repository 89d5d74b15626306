import type * as tf from '@tensorflow/tfjs-core';
import { type AnyModule, type ImageModel, Module, observeCalls, seeded } from '@zoo/core';

/** A net up to what its classifier gets. */
class PreLogits extends Module<[tf.Tensor], tf.Tensor> {
  readonly #net: ImageModel;

  constructor(net: ImageModel) {
    super();
    this.#net = net;
  }

  forward(x: tf.Tensor): tf.Tensor {
    return this.#net.forwardHead(this.#net.forwardFeatures(x), { preLogits: true });
  }
}

/** Modules in the order in which their first calls ended, seen on shapes alone. */
function calledModules(run: AnyModule, { inputSpec }: ImageModel): AnyModule[] {
  const called = new Set<AnyModule>();
  const { size, channels } = inputSpec;
  observeCalls(
    (module) => void called.add(module),
    () => run.summary([1, ...size, channels]),
  );
  return [...called];
}

export interface ForwardOrder {
  /** Modules on the way to the classifier, in the order in which their first calls ended. */
  features: readonly AnyModule[];
  /** Modules that only the classifier calls, in their order: dropout, linear layers. */
  classifier: readonly AnyModule[];
}

/** Which modules of `net` make features and which classify, found by running it on shapes of its `inputSpec`. */
export function forwardOrder(net: ImageModel): ForwardOrder {
  const features = calledModules(
    seeded(0, () => new PreLogits(net)),
    net,
  ).slice(0, -1);
  const known = new Set(features);
  const holdsFeatures = (module: AnyModule) => [...module.namedModules()].some(([, inner]) => known.has(inner));
  const classifier = calledModules(net, net).filter((module) => !holdsFeatures(module));
  return { features, classifier };
}
