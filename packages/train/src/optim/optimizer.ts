import * as tf from '@tensorflow/tfjs-core';
import { noGrad, type Parameter, ZooError } from '@zoo/core';
import { checkedOptions, type OptionRules } from '../options.ts';
import { type OptimizerState, optimizerState, prepareOptimizerState } from './optimizer-state.ts';
import { Slots } from './slots.ts';

/** Options that every optimizer has. */
export interface OptimizerOptions {
  /** Learning rate. */
  lr: number;
}

/** Parameters that share options. `lr` and the other options may be changed between steps. */
export type ParameterGroup<O extends OptimizerOptions = OptimizerOptions> = O & {
  params: Parameter[];
  /** The learning rate that schedules scale; set by the first schedule. */
  initialLr?: number;
};

/** A group as it is passed in: options left out come from the optimizer's. */
export type ParameterGroupInit<O extends OptimizerOptions> = Partial<O> & { params: Iterable<Parameter> };

/** What an optimizer can be given to train. */
export type TrainedParameters<O extends OptimizerOptions> = Iterable<Parameter> | Iterable<ParameterGroupInit<O>>;

/** One parameter's update in progress. */
export interface Update<O extends OptimizerOptions> {
  readonly options: O;
  readonly slots: Slots;
  /** Number of this update, from 1. */
  readonly step: number;
  /** A scalar on the device, made once per step and value. */
  constant(value: number): tf.Scalar;
}

/** What schedules, trainers and checkpoints need of an optimizer, whatever its options. */
export interface AnyOptimizer {
  readonly name: string;
  readonly paramGroups: ParameterGroup[];
  step(grads: ReadonlyMap<Parameter, tf.Tensor>): void;
  stateDict(): Promise<OptimizerState>;
  loadStateDict(state: OptimizerState): void;
  /** Checks a state without changing anything; what it returns takes the state over, and does not fail. */
  prepareStateDict(state: OptimizerState): () => void;
  dispose(): void;
}

/**
 * Base of the optimizers. Their arithmetic, options and state names are those of `torch.optim`.
 * Parameters that do not require a gradient, or have none in `grads`, are left as they are.
 */
export abstract class Optimizer<O extends OptimizerOptions = OptimizerOptions> implements AnyOptimizer {
  readonly paramGroups: Array<ParameterGroup<O>>;
  /** The class's name, also where code is minified. */
  readonly name: string;
  readonly #rules: OptionRules<O>;
  readonly #slots = new Map<Parameter, Slots>();

  constructor(name: string, rules: OptionRules<O>, parameters: TrainedParameters<O>, options: Partial<O>) {
    this.name = name;
    this.#rules = rules;
    const shared = checkedOptions(name, rules, options);
    this.paramGroups = toGroups(name, parameters).map(({ params, ...own }) => ({
      ...checkedOptions(name, rules, own as unknown as Partial<O>, shared),
      params: [...params],
    }));
    const all = this.parameters();
    if (all.length === 0) throw new ZooError('INVALID_ARGUMENT', `${name} got no parameters to train.`);
    if (new Set(all).size < all.length) {
      throw new ZooError('INVALID_ARGUMENT', `${name}: a parameter appears twice among the parameter groups.`);
    }
  }

  /** The new value of a parameter; runs in a tidy, without gradients. */
  protected abstract update(value: tf.Tensor, grad: tf.Tensor, update: Update<O>): tf.Tensor;

  /** All parameters in group order: a parameter's place is its name in the state dict. */
  parameters(): Parameter[] {
    return this.paramGroups.flatMap((group) => group.params);
  }

  /**
   * One update of every parameter that has a gradient (in runtime layout). The caller disposes the gradients. Where the engine fails,
   * parameters before the one that failed have been updated.
   */
  step(grads: ReadonlyMap<Parameter, tf.Tensor>): void {
    const constants = new Map<number, tf.Scalar>();
    const constant = (value: number): tf.Scalar => {
      const known = constants.get(value);
      if (known) return known;
      const made = tf.keep(tf.scalar(value, 'float32'));
      constants.set(value, made);
      return made;
    };
    try {
      for (const group of this.paramGroups) {
        for (const parameter of group.params) {
          const grad = grads.get(parameter);
          if (grad && parameter.requiresGrad) this.#updateOne(parameter, grad, group, constant);
        }
      }
    } finally {
      for (const scalar of constants.values()) scalar.dispose();
    }
  }

  /** Host copies of all slots and the groups' options. Slots are in PyTorch's layout. */
  stateDict(): Promise<OptimizerState> {
    return optimizerState(this.paramGroups, (parameter) => this.#slots.get(parameter));
  }

  /** Takes over what `stateDict` gave. Throws `STATE_DICT_MISMATCH` and changes nothing when it does not fit. */
  loadStateDict(state: OptimizerState): void {
    this.prepareStateDict(state)();
  }

  prepareStateDict(state: OptimizerState): () => void {
    return prepareOptimizerState(state, {
      owner: this.name,
      groups: this.paramGroups,
      rules: this.#rules,
      clear: () => this.dispose(),
      slotsOf: (parameter) => this.#slotsOf(parameter),
    });
  }

  /** Frees the slots. The parameters stay. */
  dispose(): void {
    for (const slots of this.#slots.values()) slots.dispose();
    this.#slots.clear();
  }

  #slotsOf(parameter: Parameter): Slots {
    let slots = this.#slots.get(parameter);
    if (!slots) {
      slots = new Slots();
      this.#slots.set(parameter, slots);
    }
    return slots;
  }

  #updateOne(parameter: Parameter, grad: tf.Tensor, group: O, constant: Update<O>['constant']): void {
    const variable = parameter.variable();
    const slots = this.#slotsOf(parameter);
    slots.step++;
    try {
      noGrad(() =>
        tf.tidy(() => {
          variable.assign(this.update(variable, grad, { options: group, slots, step: slots.step, constant }));
        }),
      );
    } catch (error) {
      slots.step--;
      if (slots.step === 0) slots.dispose();
      throw error;
    }
  }
}

function toGroups<O extends OptimizerOptions>(
  name: string,
  parameters: TrainedParameters<O>,
): Array<{ params: Iterable<Parameter> }> {
  const items = [...(parameters as Iterable<Parameter | ParameterGroupInit<O>>)];
  const isGroup = (item: Parameter | ParameterGroupInit<O>): item is ParameterGroupInit<O> => 'params' in item;
  if (items.every(isGroup)) return items;
  if (items.some(isGroup)) {
    throw new ZooError(
      'INVALID_ARGUMENT',
      `${name} takes either parameters or parameter groups, not both in one list.`,
    );
  }
  return [{ params: items as Parameter[] }];
}
