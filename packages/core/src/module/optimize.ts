import * as tf from '@tensorflow/tfjs-core';
import { ZooError } from '../error.ts';
import { type TracedCall, traceCalls } from '../summary/trace-calls.ts';
import type { AnyModule } from './module.ts';

/** `y = x * scale + shift` with one number per channel, both `[c]`. */
export interface ChannelAffine {
  scale: tf.Tensor;
  shift: tf.Tensor;
}

/** An activation that layers can apply in their own kernel. */
export type FusedActivation = 'relu';

/** What a module offers to `optimizeForInference`; each layer says for itself what can be done with it. */
export interface FoldingLayer {
  /** Puts a scale and a shift of the output channels into its own weights. */
  foldAffine?(affine: ChannelAffine): void;
  /** From now on applies the activation to its output itself. */
  fuseActivation?(activation: FusedActivation): void;
  /** The affine map that it is in evaluation mode, if it is one. */
  toAffine?(): ChannelAffine | undefined;
  /** Returns its input from now on, and has no state any more. */
  becomeIdentity?(): void;
  /** Keeps the affine map that it is in evaluation mode instead of what it follows from. */
  becomeAffine?(): void;
  /** The activation that it is. It has to pass on what a layer with that activation fused gave. */
  readonly foldsAs?: FusedActivation;
}

export interface OptimizeOptions {
  /** Shape to trace the net with, NHWC; default one image of the net's `inputSpec`. */
  inputShape?: readonly number[];
  /** Whether `predict` may skip `forward` where the engine can repeat its kernel calls; default true. */
  replay?: boolean;
}

type Layer = AnyModule & FoldingLayer;

/** See `Module.optimizeForInference`. Which layer follows which is seen from a run on shapes. */
export function optimize(net: AnyModule, options: OptimizeOptions): void {
  const { calls, returned, readersOf } = traceCalls(net, options.inputShape ?? imageShape(net));
  const callsOf = new Map<AnyModule, TracedCall[]>();
  for (const call of calls) callsOf.set(call.module, [...(callsOf.get(call.module) ?? []), call]);
  const calledOnce = (module: AnyModule) => callsOf.get(module)?.length === 1;
  const shared = sharedState(net);

  /** The one call that reads `tensor`, if nothing else does. */
  const onlyReader = (tensor: unknown): (TracedCall & { module: Layer }) | undefined => {
    if (!(tensor instanceof tf.Tensor) || returned.has(tensor)) return undefined;
    const [reader, ...others] = readersOf(tensor);
    if (!reader || others.length > 0) return undefined;
    const reading = callsOf.get(reader)!.filter(({ inputs }) => inputs[0] === tensor);
    return reading.length === 1 ? reading[0] : undefined;
  };

  net.eval().freeze();
  for (const { module, output: result } of calls) {
    const layer: Layer = module;
    if (!layer.foldAffine || !calledOnce(layer) || shared.has(layer)) continue;
    let next = onlyReader(result);
    if (next?.module.becomeIdentity && calledOnce(next.module) && !shared.has(next.module)) {
      const affine = next.module.toAffine?.();
      if (affine) {
        layer.foldAffine(affine);
        tf.dispose([affine.scale, affine.shift]);
        next.module.becomeIdentity();
        next = onlyReader(next.output);
      }
    }
    if (next?.module.foldsAs) layer.fuseActivation?.(next.module.foldsAs);
  }
  for (const layer of callsOf.keys()) if (!shared.has(layer)) (layer as Layer).becomeAffine?.();
}

/** Modules with a parameter or buffer that another module has too: changing it would change both. */
function sharedState(net: AnyModule): Set<AnyModule> {
  const owner = new Map<object, AnyModule>();
  const shared = new Set<AnyModule>();
  for (const [, module] of net.namedModules()) {
    for (const [, entry] of module.namedState()) {
      const first = owner.get(entry);
      if (first) shared.add(first).add(module);
      else owner.set(entry, module);
    }
  }
  return shared;
}

function imageShape(net: AnyModule): number[] {
  const { inputSpec } = net as { inputSpec?: { size: readonly [number, number]; channels: number } };
  if (inputSpec) return [1, ...inputSpec.size, inputSpec.channels];
  throw new ZooError(
    'INVALID_ARGUMENT',
    `optimizeForInference has to know what ${net.constructor.name} takes: give inputShape, e.g. [1, 224, 224, 3].`,
  );
}
