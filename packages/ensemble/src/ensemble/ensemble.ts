import * as tf from '@tensorflow/tfjs-core';
import { type BatchSource, type InputSpec, isModule, Module, ModuleBuffer } from '@zoo/core';
import { eachBatch } from '../each-batch.ts';
import { invalid, refuseUnknown } from '../options.ts';
import { checkOutputs, checkTemperatures, checkWeights } from '../vote/check-members.ts';
import { type Combination, combinations, combineLogits } from '../vote/combine.ts';
import type { VoteOptions } from '../vote/vote.ts';
import { commonInput } from './adapt-images.ts';
import { checkMembers, type EnsembleMember, inputSpecOf, type Net, netOf } from './member.ts';
import { Members } from './members.ts';

export interface EnsembleOptions extends VoteOptions {
  /** By name: nets, or heads on backbones. */
  members: Readonly<Record<string, EnsembleMember>>;
  /**
   * What is averaged: the members' `probabilities` (default), their `logits`, or their `votes`; or a module from their
   * logits side by side, `[n, members * classes]`, to logits, such as what `stack` returns.
   */
  combine?: Combination | Net;
  /** What images are given; default the members' own where they agree, otherwise see `inputSpec`. */
  inputSpec?: InputSpec;
}

/** Logits of all members on the examples of a source. */
export interface CollectedOutputs {
  /** `[n, classes]` each, in the order of the members; the caller disposes them. */
  outputs: tf.Tensor[];
  labels: Int32Array;
}

/**
 * Several classifiers as one module: images `[n, h, w, c]` to log-probabilities `[n, classes]`, whose softmax are the
 * ensemble's probabilities, so that the trainer's losses and metrics take them. Each member gets the images as it wants
 * them; what members share is computed once. Its state dict has all members, weights and temperatures.
 */
export class Ensemble extends Module<[tf.Tensor], tf.Tensor> {
  readonly members: Members;
  readonly weights: ModuleBuffer | undefined;
  readonly temperatures: ModuleBuffer | undefined;
  readonly combiner: Net | undefined;
  /** Names of the members, in their order. */
  readonly names: readonly string[];
  /**
   * What images this ensemble takes, e.g. for `presetFor` of `@zoo/transforms`. Where the members differ: [0, 1]
   * without normalization, the largest size and most channels among them.
   */
  readonly inputSpec: InputSpec | undefined;
  readonly #how: Combination = 'probabilities';

  constructor(options: EnsembleOptions) {
    super();
    refuseUnknown('Ensemble', options, ['members', 'combine', 'weights', 'temperatures', 'inputSpec']);
    const { members, combine = 'probabilities', weights, temperatures } = options;
    checkMembers(members);
    const list = Object.values(members);
    this.names = Object.keys(members);
    this.inputSpec =
      options.inputSpec ??
      commonInput(
        list.flatMap((member) => (member.preprocess ? [] : (member.inputSpec ?? inputSpecOf(netOf(member)) ?? []))),
      );
    this.members = new Members(members, this.inputSpec);
    if (typeof combine === 'string') {
      if (!combinations.includes(combine)) {
        throw invalid(`Ensemble: 'combine' is ${combinations.join(', ')} or a module, got '${combine}'.`);
      }
      this.#how = combine;
      this.weights = new ModuleBuffer([list.length]);
      this.temperatures = new ModuleBuffer([list.length]);
      this.setWeights({ ...(weights && { weights }), ...(temperatures && { temperatures }) });
    } else {
      if (!isModule(combine)) throw invalid("Ensemble: 'combine' is a string or a module.");
      if (weights || temperatures) throw invalid('Ensemble: a module that combines has weights of its own.');
      this.combiner = combine;
    }
  }

  forward(images: tf.Tensor): tf.Tensor {
    const outputs = this.members.call(images);
    checkOutputs('', outputs, this.names);
    if (this.combiner) return this.combiner.call(tf.concat(outputs, 1));
    const stacked = tf.stack(outputs) as tf.Tensor3D;
    return combineLogits(this.#how, stacked, {
      weights: this.weights!.value(),
      temperatures: this.temperatures!.value(),
    });
  }

  /** Takes over weights and temperatures, e.g. what `fitWeights` found; absent ones become equal and 1. */
  setWeights({ weights, temperatures }: VoteOptions): void {
    if (!this.weights || !this.temperatures) throw invalid('Ensemble: a module that combines has weights of its own.');
    const m = this.names.length;
    const checked = {
      weights: checkWeights('Ensemble', weights, m),
      temperatures: checkTemperatures('Ensemble', temperatures, m),
    };
    for (const name of ['weights', 'temperatures'] as const) {
      this[name]!.load({ dtype: 'float32', shape: [m], data: Float32Array.from(checked[name]) });
    }
  }

  /** The members' logits on every example of `source`, in evaluation mode: for `fitWeights` and `stack`. */
  async collect(source: BatchSource): Promise<CollectedOutputs> {
    const batches: tf.Tensor[][] = this.names.map(() => []);
    const labels: number[] = [];
    try {
      await eachBatch('collect', source, async ({ inputs, targets }) => {
        if (targets.dtype !== 'int32') throw invalid('collect: the targets are not class labels (int32).');
        const outputs = this.members.predict(inputs);
        for (const [m, output] of outputs.entries()) batches[m]!.push(output);
        checkOutputs('collect', outputs, this.names);
        for (const label of await targets.data()) labels.push(label);
      });
      return { outputs: batches.map((list) => tf.concat(list, 0)), labels: Int32Array.from(labels) };
    } finally {
      tf.dispose(batches);
    }
  }
}
