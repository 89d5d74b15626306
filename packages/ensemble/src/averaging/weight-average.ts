import * as tf from '@tensorflow/tfjs-core';
import {
  type AnyModule,
  jsonShape,
  type ModuleBuffer,
  type Parameter,
  permuteAxes,
  type StateDict,
  type StateEntry,
  ZooError,
} from '@zoo/core';
import type { CallbackState, TrainerView } from '@zoo/train';
import { invalid } from '../options.ts';

type DeviceEntry = Parameter | ModuleBuffer;

const onDevice = (entry: StateEntry): entry is DeviceEntry => 'variable' in entry;

/** Parameters and buffers that live on the device, shared ones once. */
const deviceEntries = (model: AnyModule): Set<DeviceEntry> =>
  new Set(Array.from(model.stateEntries(), ([, entry]) => entry).filter(onDevice));

/** What the kinds of average share: the averaged weights on the device, swapping, and their part of checkpoints. */
export abstract class WeightAverage {
  abstract readonly name: string;
  readonly #copiesBuffers: boolean;
  readonly #averages = new Map<DeviceEntry, tf.Variable>();
  #model: AnyModule | undefined;
  #updates = 0;
  #swapped = false;
  /** Of a checkpoint, until there is a model to give shapes and layouts. */
  #restored: StateDict | undefined;

  protected constructor(buffers: 'average' | 'copy') {
    if (buffers !== 'average' && buffers !== 'copy') {
      throw invalid(`'buffers' is 'average' or 'copy', got '${buffers}'.`);
    }
    this.#copiesBuffers = buffers === 'copy';
  }

  /** Share of the model's weights in the average after one more update, `updates` having been made before. */
  protected abstract share(updates: number): number;

  /** How many states of the model went into the average. */
  get updates(): number {
    return this.#updates;
  }

  /** Takes in the model's present weights. The trainer's hooks call it; a training loop of your own calls it itself. */
  update(model: AnyModule): void {
    this.#bind(model);
    this.#refuseInUse('update');
    const share = this.#updates === 0 ? 1 : this.share(this.#updates);
    const parameters = new Set<DeviceEntry>(model.parameters());
    tf.tidy(() => {
      for (const entry of deviceEntries(model)) {
        this.#take(entry, this.#copiesBuffers && !parameters.has(entry) ? 1 : share);
      }
    });
    this.#updates++;
  }

  #take(entry: DeviceEntry, share: number): void {
    const average = this.#averages.get(entry);
    const value = entry.value();
    if (!average) this.#averages.set(entry, tf.variable(value, false));
    else if (share === 1) average.assign(value);
    else average.assign(tf.add(average, tf.mul(tf.sub(value, average), share)));
  }

  /** Runs `run` while the model has the averaged weights, then puts its own back, after an error too. */
  async use<T>(run: () => T | Promise<T>): Promise<T> {
    this.#refuseInUse('use');
    this.#swap();
    this.#swapped = true;
    try {
      return await run();
    } finally {
      this.#swapped = false;
      this.#swap();
    }
  }

  /** Host copies of the averaged weights; entries that are not averaged, such as counters, are the model's. */
  async stateDict(): Promise<StateDict> {
    const model = this.#boundModel();
    const state: StateDict = new Map();
    for (const [name, entry] of model.stateEntries()) {
      const average = onDevice(entry) ? this.#averages.get(entry) : undefined;
      if (!average || this.#swapped) {
        state.set(name, await entry.toHost());
        continue;
      }
      const { runtimeShape, toTorchAxes, shape } = entry as DeviceEntry;
      const data = (await average.data()) as Float32Array;
      const host = permuteAxes(data, runtimeShape, toTorchAxes);
      state.set(name, { dtype: 'float32', shape, data: host === data ? data.slice() : host });
    }
    return state;
  }

  /** Gives the model the averaged weights for good. Batch norms may need `updateBatchNorm` afterwards. */
  apply(): void {
    this.#refuseInUse('apply');
    for (const entry of deviceEntries(this.#boundModel())) {
      const average = this.#averages.get(entry);
      if (average) entry.assign(average);
    }
  }

  /** Frees the averaged weights; the model stays. */
  dispose(): void {
    this.#refuseInUse('dispose');
    for (const average of this.#averages.values()) average.dispose();
    this.#averages.clear();
    this.#model = undefined;
    this.#updates = 0;
    this.#restored = undefined;
  }

  onFitStart(_info: unknown, { model }: TrainerView): void {
    if (this.#restored) this.#bind(model);
  }

  async state(): Promise<CallbackState> {
    const updates = this.#updates;
    if (this.#restored) return { values: { updates }, tensors: this.#restored };
    return { values: { updates }, ...(updates > 0 && { tensors: await this.stateDict() }) };
  }

  loadState({ values, tensors }: CallbackState): () => void {
    this.#refuseInUse('loadState');
    const wrong = jsonShape.object({ updates: jsonShape.whole(0) })(values, 'its state');
    if (wrong) throw new ZooError('STATE_DICT_MISMATCH', `${wrong}.`);
    const { updates } = values as { updates: number };
    return () => {
      this.dispose();
      if (!tensors || tensors.size === 0) return;
      this.#updates = updates;
      this.#restored = tensors;
    };
  }

  #refuseInUse(what: string): void {
    if (this.#swapped) throw invalid(`${this.name}: ${what}() cannot run while the averaged weights are in use.`);
  }

  #boundModel(): AnyModule {
    if (this.#model && this.#updates > 0) return this.#model;
    throw invalid(`${this.name} has averaged nothing yet: train, or call update(model).`);
  }

  #bind(model: AnyModule): void {
    if (this.#model && this.#model !== model) throw invalid(`${this.name} already averages another model.`);
    this.#model = model;
    const restored = this.#restored;
    if (!restored) return;
    this.#restored = undefined;
    for (const [name, entry] of model.stateEntries()) {
      const tensor = restored.get(name);
      if (!onDevice(entry) || this.#averages.has(entry) || !tensor) continue;
      // The entry knows its layout: it takes the averaged values in for a moment.
      const own = tf.clone(entry.value());
      entry.load(tensor);
      this.#averages.set(entry, tf.variable(entry.value(), false));
      entry.assign(own);
      own.dispose();
    }
  }

  #swap(): void {
    for (const entry of deviceEntries(this.#boundModel())) {
      const average = this.#averages.get(entry);
      if (!average) continue;
      const own = tf.clone(entry.value());
      entry.assign(average);
      average.assign(own);
      own.dispose();
    }
  }
}
