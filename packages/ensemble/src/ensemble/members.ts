import type * as tf from '@tensorflow/tfjs-core';
import { type InputSpec, Module, ModuleDict } from '@zoo/core';
import { adaptImages } from './adapt-images.ts';
import { type EnsembleMember, featuresOf, inputSpecOf, isHeadMember, type Net, netOf } from './member.ts';

/** One computation that members may share: a net on images prepared in one way. */
interface Trunk {
  name: string;
  prepare: (images: tf.Tensor) => tf.Tensor;
  /** Members that use it; equal keys make members share it. */
  key: readonly unknown[];
}

/** All members of an ensemble: images to the logits of each. What several have in common is computed, and saved, once. */
export class Members extends Module<[tf.Tensor], tf.Tensor[]> {
  /** Classifiers and backbones, under the name of the first member that has them. */
  readonly nets: ModuleDict;
  readonly heads: ModuleDict;
  readonly #plan: Array<{ trunk: Trunk; net: Net; head: Net | undefined }>;

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
      const trunk = trunkOf(nets.get(net)!, member, input);
      const known = trunks.find(({ key }) => key.every((part, i) => part === trunk.key[i]));
      if (!known) trunks.push(trunk);
      return { trunk: known ?? trunk, net, head };
    });
    this.nets = new ModuleDict(Object.fromEntries(Array.from(nets, ([net, name]) => [name, net])));
    this.heads = new ModuleDict(heads);
  }

  forward(images: tf.Tensor): tf.Tensor[] {
    const results = new Map<Trunk, tf.Tensor>();
    return this.#plan.map(({ trunk, net, head }) => {
      let result = results.get(trunk);
      if (!result) {
        const x = trunk.prepare(images);
        result = first(head ? featuresOf(net, x) : net.call(x));
        results.set(trunk, result);
      }
      return head ? head.call(result) : result;
    });
  }
}

function trunkOf(name: string, member: EnsembleMember, input: InputSpec | undefined): Trunk {
  const net = netOf(member);
  const spec = member.inputSpec ?? inputSpecOf(net);
  const kind = isHeadMember(member) ? 'features' : 'logits';
  if (member.preprocess) return { name, prepare: member.preprocess, key: [net, kind, member.preprocess] };
  const prepare = (images: tf.Tensor) => (spec && input ? adaptImages(images, input, spec) : images);
  return { name, prepare, key: [net, kind, JSON.stringify(spec)] };
}

/** A net with auxiliary classifiers returns several logits while it trains; the first are its own. */
const first = (output: tf.Tensor | tf.Tensor[]): tf.Tensor => (Array.isArray(output) ? output[0]! : output);
