import {
  type DataId,
  DataStorage,
  engine,
  type KernelBackend,
  type TensorInfo,
  type Variable,
} from '@tensorflow/tfjs-core';
import type { Value } from '../recording/value.ts';
import type { Storage } from './storage.ts';

/** What a tensor's data id stands for: a value, or something that only the cpu kernels know, such as strings. */
export interface Content {
  readonly value?: Value;
  readonly foreign?: TensorInfo;
}

/** A data id that is its own entry: looking others up in a map takes as long as recording a call. */
class Entry {
  refs = 1;
  value: Value | undefined;
  foreign: TensorInfo | undefined;
  /** Where it is stored; undefined when it was deleted. */
  owner: TensorStore | undefined;

  constructor(owner: TensorStore | undefined, { value, foreign }: Content) {
    this.owner = owner;
    this.value = value;
    this.foreign = foreign;
  }
}

/** The contents of tensors, by data id. */
export class TensorStore {
  /** Of ids that another engine made; asking for one that is not there moves it here. */
  readonly #moved: DataStorage<Entry>;
  #own = 0;

  constructor(backend: KernelBackend) {
    this.#moved = new DataStorage(backend, engine());
  }

  get count(): number {
    return this.#own + this.#moved.numDataIds();
  }

  add(content: Content): DataId {
    this.#own++;
    return new Entry(this, content);
  }

  addMoved(dataId: DataId, content: Content, refs: number): void {
    const entry = new Entry(undefined, content);
    entry.refs = refs;
    this.#moved.set(dataId, entry);
  }

  get(dataId: DataId): Entry {
    return this.#isOwn(dataId) ? dataId : this.#moved.get(dataId);
  }

  /** As `get`, but moves nothing here. */
  find(dataId: DataId): Entry | undefined {
    if (this.#isOwn(dataId)) return dataId;
    return this.#moved.has(dataId) ? this.#moved.get(dataId) : undefined;
  }

  delete(dataId: DataId): void {
    if (!this.#isOwn(dataId)) {
      this.#moved.delete(dataId);
      return;
    }
    this.#own--;
    dataId.owner = dataId.value = dataId.foreign = undefined;
  }

  /** The variables by their memory, which several may share. */
  variables(): ReadonlyMap<Storage, readonly Variable[]> {
    const found = new Map<Storage, Variable[]>();
    for (const variable of Object.values(engine().registeredVariables)) {
      const storage = this.find(variable.dataId)?.value?.storage;
      if (storage) found.set(storage, [...(found.get(storage) ?? []), variable]);
    }
    return found;
  }

  #isOwn(dataId: DataId): dataId is Entry {
    return (dataId as Partial<Entry>).owner === this;
  }
}
