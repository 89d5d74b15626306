import type * as tf from '@tensorflow/tfjs-core';
import { ZooError } from '../error.ts';
import { type AnyModule, isModule, Module } from './module.ts';
import { structureChanged } from './replay.ts';

/** Modules applied one after the other, named `0`, `1`, ... or by the keys of a record. */
export class Sequential extends Module<[tf.Tensor], tf.Tensor> implements Iterable<AnyModule> {
  readonly #children: Array<[string, AnyModule]>;

  /** Either modules in order, or one record of named modules. */
  constructor(...modules: AnyModule[] | [Readonly<Record<string, AnyModule>>]) {
    super();
    const [first] = modules;
    const named = modules.length === 1 && first !== undefined && !isModule(first);
    this.#children = named
      ? Object.entries(first as Record<string, AnyModule>)
      : (modules as AnyModule[]).map((module, i) => [String(i), module]);
  }

  override namedChildren(): Array<[string, AnyModule]> {
    return [...this.#children];
  }

  get length(): number {
    return this.#children.length;
  }

  /** The child at `index`; negative counts from the end. */
  at(index: number): AnyModule {
    const child = this.#children.at(index);
    if (!child) throw new ZooError('INVALID_ARGUMENT', `Sequential has ${this.length} modules, none at ${index}.`);
    return child[1];
  }

  append(module: AnyModule, name = String(this.length)): this {
    if (this.#children.some(([taken]) => taken === name)) {
      throw new ZooError('DUPLICATE_NAME', `Sequential already has a module '${name}'.`);
    }
    this.#children.push([name, module]);
    structureChanged();
    return this;
  }

  /** Puts another module in the place of child `name`. */
  replace(name: string, module: AnyModule): this {
    const child = this.#children.find(([taken]) => taken === name);
    if (!child)
      throw new ZooError(
        'UNKNOWN_NAME',
        `Sequential has no module '${name}', only ${this.#children.map(([n]) => n).join(', ')}.`,
      );
    child[1] = module;
    structureChanged();
    return this;
  }

  *[Symbol.iterator](): Iterator<AnyModule> {
    for (const [, module] of this.#children) yield module;
  }

  forward(x: tf.Tensor): tf.Tensor {
    return this.#children.reduce<tf.Tensor>((y, [, module]) => module.call(y), x);
  }
}

const notCallable = (container: string): never => {
  throw new ZooError('NOT_SUPPORTED', `${container} only holds modules; call the ones inside it.`);
};

/** A list of modules that its owner calls itself; named `0`, `1`, ... */
export class ModuleList extends Module<never[], never> implements Iterable<AnyModule> {
  readonly #modules: AnyModule[];

  constructor(modules: Iterable<AnyModule> = []) {
    super();
    this.#modules = [...modules];
  }

  override namedChildren(): Array<[string, AnyModule]> {
    return this.#modules.map((module, i) => [String(i), module]);
  }

  get length(): number {
    return this.#modules.length;
  }

  at(index: number): AnyModule | undefined {
    return this.#modules.at(index);
  }

  append(module: AnyModule): this {
    this.#modules.push(module);
    structureChanged();
    return this;
  }

  [Symbol.iterator](): Iterator<AnyModule> {
    return this.#modules.values();
  }

  forward(): never {
    return notCallable('ModuleList');
  }
}

/** Modules by name that their owner calls itself. */
export class ModuleDict extends Module<never[], never> {
  readonly #modules: Map<string, AnyModule>;

  constructor(modules: Readonly<Record<string, AnyModule>> = {}) {
    super();
    this.#modules = new Map(Object.entries(modules));
  }

  override namedChildren(): Array<[string, AnyModule]> {
    return [...this.#modules];
  }

  get(name: string): AnyModule | undefined {
    return this.#modules.get(name);
  }

  set(name: string, module: AnyModule): this {
    this.#modules.set(name, module);
    structureChanged();
    return this;
  }

  has(name: string): boolean {
    return this.#modules.has(name);
  }

  delete(name: string): boolean {
    structureChanged();
    return this.#modules.delete(name);
  }

  forward(): never {
    return notCallable('ModuleDict');
  }
}
