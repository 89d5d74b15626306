import type * as tf from '@tensorflow/tfjs-core';
import { type InputSpec, Module, ModuleDict } from '@zoo/core';
import { adaptImages } from './adapt-images.ts';
import { type EnsembleMember, featuresOf, inputSpecOf, isHeadMember, type Net, netOf } from './member.ts';

/** A net on images prepared in one way. */
interface Trunk {
  run(images: tf.Tensor): tf.Tensor;
  /** Members whose keys are equal part by part share it. */
  key: readonly unknown[];
}

/** All members of an ensemble: images to the logits of each. What several need is computed, and saved, once. */
export class Members extends Module<[tf.Tensor], tf.Tensor[]> {
  /** Classifiers and backbones, under the name of the first member that has them. */
  readonly nets: ModuleDict;
  readonly heads: ModuleDict;
  readonly #plan: ReadonlyArray<{ trunk: Trunk; head: Net | undefined }>;

  constructor(members: Readonly<Record<string, EnsembleMember>>, input: InputSpec | undefined) {
    super();
    const nets = new Map<Net, string>();
    const heads: Record<string, Net> = {};
    const trunks: Trunk[] = [];
    this.#plan = Object.entries(members).map(([name, member]) => {
      const net = netOf(member);
      if (!nets.has(net)) nets.set(net, name);
      const head = isHeadMember(member) ? member.head : undefined;
      if (head) heads[name] = head;
      const own = trunkOf(member, input);
      const known = trunks.find(({ key }) => key.every((part, i) => part === own.key[i]));
      if (!known) trunks.push(own);
      return { trunk: known ?? own, head };
    });
    this.nets = new ModuleDict(Object.fromEntries(Array.from(nets, ([net, name]) => [name, net])));
    this.heads = new ModuleDict(heads);
  }

  forward(images: tf.Tensor): tf.Tensor[] {
    const results = new Map<Trunk, tf.Tensor>();
    return this.#plan.map(({ trunk, head }) => {
      const result = results.get(trunk) ?? trunk.run(images);
      results.set(trunk, result);
      return head ? head.call(result) : result;
    });
  }
}

function trunkOf(member: EnsembleMember, input: InputSpec | undefined): Trunk {
  const net = netOf(member);
  const spec = member.inputSpec ?? inputSpecOf(net);
  const adapt = (images: tf.Tensor) => (spec && input ? adaptImages(images, input, spec) : images);
  const prepare = member.preprocess ?? adapt;
  const isBackbone = isHeadMember(member);
  return {
    run: (images) => (isBackbone ? featuresOf(net, prepare(images)) : first(net.call(prepare(images)))),
    key: [net, isBackbone, member.preprocess ?? JSON.stringify(spec)],
  };
}

/** A net with auxiliary classifiers returns several logits while it trains; the first are its own. */
const first = (output: tf.Tensor | tf.Tensor[]): tf.Tensor => (Array.isArray(output) ? output[0]! : output);
