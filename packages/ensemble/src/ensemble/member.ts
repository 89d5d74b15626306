import type * as tf from '@tensorflow/tfjs-core';
import { type ImageModel, type InputSpec, type Module, nameKey } from '@zoo/core';
import { invalid, refuseUnknown } from '../options.ts';

/** A module from one tensor to one. */
export type Net = Module<[tf.Tensor], tf.Tensor>;

interface MemberOptions {
  /** What the net wants; default its own `inputSpec`. A net without one gets the ensemble's images as they are. */
  inputSpec?: InputSpec;
  /** The ensemble's images to the net's, instead of what follows from `inputSpec`. */
  preprocess?: (images: tf.Tensor) => tf.Tensor;
  /** Names of the classes in the order of the logits; members that say them must agree. */
  classNames?: readonly string[];
}

/** A classifier from images to logits. */
export interface NetMember extends MemberOptions {
  net: Net;
}

/** A head on a backbone, whose features are computed once for all members that have it. */
export interface HeadMember extends MemberOptions {
  /** A net whose `preLogits` are the features, or any module from images to features. */
  backbone: Net;
  head: Net;
}

export type EnsembleMember = NetMember | HeadMember;

export const isHeadMember = (member: EnsembleMember): member is HeadMember => 'backbone' in member;

/** The module that gets images. */
export const netOf = (member: EnsembleMember): Net => (isHeadMember(member) ? member.backbone : member.net);

const isImageModel = (net: Net): net is Net & ImageModel => 'forwardFeatures' in net && 'forwardHead' in net;

/** Features `[n, width]` of a backbone. */
export const featuresOf = (backbone: Net, x: tf.Tensor): tf.Tensor =>
  isImageModel(backbone) ? backbone.forwardHead(backbone.forwardFeatures(x), { preLogits: true }) : backbone.call(x);

/** The input of a net that tells it. */
export const inputSpecOf = (net: Net): InputSpec | undefined => (net as { inputSpec?: InputSpec }).inputSpec;

/** Refuses an empty record, names that cannot be part of state-dict keys, and options that do not exist. */
export function checkMembers(members: Readonly<Record<string, EnsembleMember>>): void {
  const names = Object.keys(members);
  if (names.length === 0) throw invalid('Ensemble: `members` is empty; name at least one.');
  checkNames('Ensemble', names);
  let first: { name: string; classes: string } | undefined;
  for (const [name, member] of Object.entries(members)) {
    const own = isHeadMember(member) ? ['backbone', 'head'] : ['net'];
    refuseUnknown(`Ensemble member '${name}'`, member, [...own, 'inputSpec', 'preprocess', 'classNames']);
    if (!netOf(member) || (isHeadMember(member) && !member.head)) {
      throw invalid(`Ensemble member '${name}' needs a net, or a backbone and a head.`);
    }
    if (!member.classNames) continue;
    const classes = nameKey(member.classNames.join(', '));
    first ??= { name, classes };
    if (classes === first.classes) continue;
    throw invalid(
      `Ensemble: '${name}' and '${first.name}' do not have the same classes in the same order: ${classes} against ${first.classes}.`,
    );
  }
}

export function checkNames(owner: string, names: readonly string[]): void {
  const wrong = names.find((name) => name === '' || name.includes('.'));
  if (wrong !== undefined) throw invalid(`${owner}: '${wrong}' cannot be a name: it is empty or has a dot.`);
}
