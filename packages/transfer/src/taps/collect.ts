import * as tf from '@tensorflow/tfjs-core';
import { type AnyModule, type HookHandle, type ImageModel, ZooError } from '@zoo/core';
import { modulesByName, unknownModule } from '../module-names.ts';

/** One tap: a call of a module, or one of the two ends of the classifier. */
export interface TapPlan {
  readonly name: string;
  /** Undefined for `preLogits` and `logits`. */
  readonly module?: AnyModule;
  /** Which call of the module, from 0. */
  readonly call: number;
}

export const isImageModel = (net: AnyModule): net is AnyModule & ImageModel =>
  'forwardFeatures' in net && 'forwardHead' in net && 'numFeatures' in net;

function planOf(net: AnyModule, name: string, modules: ReadonlyMap<string, AnyModule>): TapPlan {
  if (name === 'logits') return { name, call: 0 };
  if (name === 'preLogits') {
    if (isImageModel(net)) return { name, call: 0 };
    throw new ZooError('NOT_SUPPORTED', `${net.constructor.name} has no forwardHead, so no preLogits: name a module.`);
  }
  const exact = modules.get(name);
  if (exact) return { name, module: exact, call: 0 };
  const [, base, call] = /^(.+)_(\d+)$/.exec(name) ?? [];
  const repeated = base === undefined ? undefined : modules.get(base);
  if (repeated) return { name, module: repeated, call: Number(call) };
  throw unknownModule(net, name, [...modules.keys(), 'preLogits', 'logits']);
}

/** Finds all taps before anything runs. Throws `UNKNOWN_NAME`, `NOT_SUPPORTED` or `INVALID_ARGUMENT`. */
export function planTaps(net: AnyModule, names: readonly string[]): TapPlan[] {
  if (names.length === 0) throw new ZooError('INVALID_ARGUMENT', 'Name at least one tap, e.g. preLogits.');
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw new ZooError('INVALID_ARGUMENT', `The tap '${twice}' is named twice.`);
  const modules = modulesByName(net);
  return names.map((name) => planOf(net, name, modules));
}

/** Registers hooks that hand each planned tensor to `take` when its module returns. */
export function hookTaps(plans: readonly TapPlan[], take: (plan: TapPlan, output: tf.Tensor) => void): TapHooks {
  const calls = new Map<AnyModule, number>();
  const handles: HookHandle[] = [];
  for (const module of new Set(plans.flatMap((plan) => plan.module ?? []))) {
    const wanted = plans.filter((plan) => plan.module === module);
    const hook = (_module: AnyModule, _inputs: unknown[], output: unknown): undefined => {
      const call = calls.get(module) ?? 0;
      calls.set(module, call + 1);
      for (const plan of wanted) {
        if (plan.call !== call) continue;
        if (!(output instanceof tf.Tensor)) {
          throw new ZooError('NOT_SUPPORTED', `The tap '${plan.name}' gives no single tensor; tap a module inside it.`);
        }
        take(plan, output);
      }
    };
    handles.push(module.registerForwardHook(hook));
  }
  return {
    restart: (former = new Map()) => {
      calls.clear();
      for (const [module, call] of former) calls.set(module, call);
    },
    calls: () => new Map(calls),
    remove: () => {
      for (const handle of handles) handle.remove();
    },
  };
}

export interface TapHooks {
  /** Counts calls from 0 again, or from what `calls` gave. */
  restart(former?: ReadonlyMap<AnyModule, number>): void;
  calls(): ReadonlyMap<AnyModule, number>;
  remove(): void;
}

function runImageModel(net: ImageModel, x: tf.Tensor, run: { hooks: TapHooks; done(): boolean }): Ends {
  const features = net.forwardFeatures(x);
  const calls = run.hooks.calls();
  const preLogits = net.forwardHead(features, { preLogits: true });
  if (run.done()) return { preLogits };
  run.hooks.restart(calls); // the head runs again from the features, this time to its end
  return { preLogits, logits: net.forwardHead(features) };
}

interface Ends {
  preLogits?: tf.Tensor;
  logits?: tf.Tensor;
}

/**
 * The tensors of `plans` from one forward pass over `x`, which ends after the last one that is needed. They belong to the
 * scope of the caller; gradients flow through them.
 */
export function collectTaps(net: AnyModule, plans: readonly TapPlan[], x: tf.Tensor): tf.Tensor[] {
  // Ends the forward pass. Not an Error, since nothing is to be reported; one per pass, since passes nest in fused nets.
  const enough = {};
  const taken = new Map<TapPlan, tf.Tensor>();
  const hooked = plans.filter((plan) => plan.module).length;
  const wants = (name: string) => plans.some((plan) => !plan.module && plan.name === name);
  const allHooked = () => taken.size === hooked;
  const hooks = hookTaps(plans, (plan, output) => {
    if (taken.has(plan)) return;
    // A clone, since the scope of the module that made it ends before this one.
    taken.set(plan, tf.keep(tf.clone(output)));
    if (allHooked() && !wants('preLogits') && !wants('logits')) throw enough;
  });
  try {
    const ends = runTo(net, x, { wants, hooks, enough, allHooked });
    return plans.map((plan) => {
      if (!plan.module) return tf.clone(ends[plan.name as keyof Ends]!);
      const kept = taken.get(plan);
      if (kept) return tf.clone(kept);
      const again = plan.call > 0 ? ` ${plan.call + 1} times` : '';
      throw new ZooError(
        'UNKNOWN_NAME',
        `The module of tap '${plan.name}' was not called${again} in this forward pass.`,
      );
    });
  } finally {
    hooks.remove();
    tf.dispose([...taken.values()]);
  }
}

interface Pass {
  wants(name: string): boolean;
  hooks: TapHooks;
  /** Thrown by a hook when the pass has given all that is needed. */
  enough: object;
  allHooked(): boolean;
}

function runTo(net: AnyModule, x: tf.Tensor, { wants, hooks, enough, allHooked }: Pass): Ends {
  try {
    return wants('preLogits') && isImageModel(net)
      ? runImageModel(net, x, { hooks, done: () => allHooked() && !wants('logits') })
      : { logits: net.call(x) };
  } catch (error) {
    if (error === enough) return {};
    throw error;
  }
}
