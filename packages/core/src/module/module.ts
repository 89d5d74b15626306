import * as tf from '@tensorflow/tfjs-core';
import { noGrad } from '../autograd/no-grad.ts';
import { ZooError } from '../error.ts';
import type { StateDict } from '../host-tensor.ts';
import { currentRng, type Rng } from '../rng.ts';
import { type Summary, type SummaryOptions, summarize } from '../summary/summary.ts';
import { inCall } from './call-stack.ts';
import { type OptimizeOptions, optimize } from './optimize.ts';
import type { Parameter } from './parameter.ts';
import { hookRan, Replays, structureChanged } from './replay.ts';
import { type LoadOptions, type LoadReport, loadStateDict } from './state-dict.ts';
import { isStateEntry, type StateEntry, stateKind } from './state-entry.ts';

const moduleBrand = Symbol.for('@zoo/core/module');

// biome-ignore lint/suspicious/noExplicitAny: a tree holds modules of every signature
export type AnyModule = Module<any, any>;

export const isModule = (value: unknown): value is AnyModule =>
  typeof value === 'object' && value !== null && moduleBrand in value;

/** Takes back what a `register...` call added. */
export interface HookHandle {
  remove(): void;
}

/** Sees a module's inputs before `forward`; may return other inputs. */
export type ForwardPreHook<In extends unknown[]> = (module: AnyModule, inputs: In) => In | undefined;
/** Sees inputs and output after `forward`; may return another output. */
export type ForwardHook<In extends unknown[], Out> = (module: AnyModule, inputs: In, output: Out) => Out | undefined;

let inference = false;

/**
 * Base of every layer and net, after `torch.nn.Module`. Child modules, parameters and buffers are plain class fields;
 * their field names are the state-dict names.
 *
 * ```ts
 * class Scale extends Module<[tf.Tensor], tf.Tensor> {
 *   factor = new Parameter([1], { init: () => Float32Array.of(1) });
 *   forward(x: tf.Tensor) { return tf.mul(x, this.factor.value()); }
 * }
 * ```
 */
export abstract class Module<In extends unknown[] = [tf.Tensor], Out = tf.Tensor> {
  /** This module's own stream, split off at construction: what it draws does not depend on other modules. */
  readonly #rng: Rng = currentRng().split();
  #training = true;
  #frozen = false;
  readonly #preHooks = new Set<ForwardPreHook<In>>();
  readonly #hooks = new Set<ForwardHook<In, Out>>();
  /** Of `predict`, from `optimizeForInference` on. */
  #replays: Replays | undefined;

  constructor() {
    Object.defineProperty(this, moduleBrand, { value: true });
    structureChanged();
  }

  /** Computes the output; synchronous, written by subclasses, called through `call`. */
  abstract forward(...inputs: In): Out;

  /** Multiply-adds of one call, for `summary`. Without it they are counted from the kernels that ran. */
  multiplyAdds?(inputs: In, output: Out): number;

  get rng(): Rng {
    return this.#rng;
  }

  /** Whether this call should behave as in training; false inside `predict`. */
  get training(): boolean {
    return this.#training && !inference;
  }

  /** Frozen modules get no gradients and keep their running statistics, whatever `train()` says. */
  get frozen(): boolean {
    return this.#frozen;
  }

  /** Runs pre-hooks, `forward` and hooks. Intermediate tensors are disposed; gradients flow through. */
  call(...inputs: In): Out {
    return inCall(this, inputs, () =>
      tf.tidy(() => {
        if (this.#preHooks.size + this.#hooks.size > 0) hookRan();
        let args = inputs;
        for (const hook of this.#preHooks) args = hook(this, args) ?? args;
        let output = this.forward(...args);
        for (const hook of this.#hooks) output = hook(this, args, output) ?? output;
        return output as Out & tf.TensorContainer;
      }),
    );
  }

  /** The output in evaluation mode, without gradients. */
  predict(...inputs: In): Out {
    const predicted = (): Out => {
      const former = inference;
      inference = true;
      try {
        return noGrad(() => this.call(...inputs));
      } finally {
        inference = former;
      }
    };
    return this.#replays ? this.#replays.run(inputs, predicted) : predicted();
  }

  registerForwardPreHook(hook: ForwardPreHook<In>): HookHandle {
    return added(this.#preHooks, hook);
  }

  registerForwardHook(hook: ForwardHook<In, Out>): HookHandle {
    return added(this.#hooks, hook);
  }

  /** Direct children by field name, in field order; containers name theirs themselves. */
  namedChildren(): Array<[string, AnyModule]> {
    return this.#fields().filter((field): field is [string, AnyModule] => isModule(field[1]));
  }

  /** Own state by field name: parameters first, then buffers, as PyTorch orders them. */
  namedState(): Array<[string, StateEntry]> {
    const entries = this.#fields().filter((field): field is [string, StateEntry] => isStateEntry(field[1]));
    const ofKind = (kind: string) => entries.filter(([, entry]) => entry[stateKind] === kind);
    return [...ofKind('parameter'), ...ofKind('buffer')];
  }

  /** This module as `''` and all below it by dotted name; a module used twice comes once, by its first name. */
  *namedModules(prefix = '', seen = new Set<AnyModule>()): Generator<[string, AnyModule]> {
    if (seen.has(this)) return;
    seen.add(this);
    yield [prefix, this];
    for (const [name, child] of this.namedChildren()) yield* child.namedModules(join(prefix, name), seen);
  }

  /** All parameters by dotted name; a shared one comes once, by its first name. */
  *namedParameters(): Generator<[string, Parameter]> {
    const seen = new Set<StateEntry>();
    for (const [prefix, module] of this.namedModules()) {
      for (const [name, entry] of module.namedState()) {
        if (entry[stateKind] !== 'parameter' || seen.has(entry)) continue;
        seen.add(entry);
        yield [join(prefix, name), entry as Parameter];
      }
    }
  }

  parameters(): Parameter[] {
    return Array.from(this.namedParameters(), ([, parameter]) => parameter);
  }

  /** Parameters that require a gradient and do not belong to a frozen module. */
  trainableParameters(): Parameter[] {
    const trained = new Set<Parameter>();
    for (const [, module] of this.namedModules()) {
      if (module.frozen) continue;
      for (const [, entry] of module.namedState()) {
        if (entry[stateKind] === 'parameter' && (entry as Parameter).requiresGrad) trained.add(entry as Parameter);
      }
    }
    return [...trained];
  }

  /** Every state-dict entry by dotted name; shared modules appear under each of their names, as in PyTorch. */
  *stateEntries(prefix = ''): Generator<[string, StateEntry]> {
    for (const [name, entry] of this.namedState()) yield [join(prefix, name), entry];
    for (const [name, child] of this.namedChildren()) yield* child.stateEntries(join(prefix, name));
  }

  /** Host copies of all parameters and buffers, with PyTorch's names, order and layouts. */
  async stateDict(): Promise<StateDict> {
    const state: StateDict = new Map();
    for (const [name, entry] of this.stateEntries()) state.set(name, await entry.toHost());
    return state;
  }

  /** Takes over a state dict. With `strict` (default) any missing, unexpected or mis-shaped key refuses it whole. */
  loadStateDict(state: StateDict, options: LoadOptions = {}): LoadReport {
    return loadStateDict(this, state, options);
  }

  /** Sets training mode on this module and all below it. */
  train(mode = true): this {
    for (const [, module] of this.namedModules()) module.#training = mode;
    structureChanged();
    return this;
  }

  eval(): this {
    return this.train(false);
  }

  /** Keeps this module and all below it as they are: no gradients, and running statistics stand still. */
  freeze(): this {
    for (const [, module] of this.namedModules()) module.#frozen = true;
    structureChanged();
    return this;
  }

  unfreeze(): this {
    for (const [, module] of this.namedModules()) module.#frozen = false;
    structureChanged();
    return this;
  }

  /** Puts every parameter and buffer on the device now instead of on first use. */
  materialize(): this {
    for (const [, entry] of this.stateEntries()) if ('variable' in entry) (entry as Parameter).variable();
    return this;
  }

  /** Frees all parameters and buffers; the module cannot be used afterwards. */
  dispose(): void {
    for (const [, entry] of this.stateEntries()) entry.dispose();
    structureChanged();
  }

  /** Shapes, parameters, multiply-adds and memory of each layer for one input shape; allocates no weight. */
  summary(inputShape: readonly number[], options: SummaryOptions = {}): Summary {
    return summarize(this, inputShape, options);
  }

  /**
   * Makes `predict` faster, in place: batch norms move into the convolutions and linear layers before them, and ReLU
   * into those layers' kernels; the other batch norms become one multiplication and one addition. Outputs stay within
   * rounding. The net is then in evaluation mode and frozen, and its state dict has the folded weights and biases and
   * no statistics of batch norms: neither training nor the former checkpoints fit it. A hook on a folded layer sees the
   * normalized, activated output.
   *
   * Where the engine can (ort), `predict` then makes the same kernel calls again without running `forward`, once two calls on
   * inputs of one shape made the same ones. They read the weights of the moment, and `forward` runs again when hooks, children or
   * public fields of its modules are others. Give `replay: false` where a `forward` of yours depends on anything else that changes,
   * such as a private field or what is inside an array, or does anything else.
   */
  optimizeForInference(options: OptimizeOptions = {}): this {
    optimize(this, options);
    this.#replays = options.replay === false ? undefined : new Replays(this);
    return this;
  }

  #fields(): Array<[string, unknown]> {
    const fields = Object.entries(this);
    for (const [name] of fields) {
      if (name in Module.prototype) {
        throw new ZooError(
          'RESERVED_NAME',
          `${this.constructor.name} has a field '${name}', a name that Module uses itself. Rename the field.`,
        );
      }
    }
    return fields;
  }
}

function added<T>(hooks: Set<T>, hook: T): HookHandle {
  hooks.add(hook);
  structureChanged();
  return {
    remove: () => {
      hooks.delete(hook);
      structureChanged();
    },
  };
}

const join = (prefix: string, name: string): string => (prefix ? `${prefix}.${name}` : name);
