import { unknownName, ZooError } from '../error.ts';
import type {
  BackendPlugin,
  DatasetPlugin,
  LoadModelOptions,
  ModelFactory,
  ModelLoader,
  ModelMap,
  Plugin,
  WeightRecord,
} from '../plugin.ts';

type Models = Record<string, ModelFactory>;
type OptionsOf<F> = F extends (options?: infer O) => unknown ? O : never;
type ModelOf<F> = F extends (...args: never[]) => infer M ? M : never;

/** One registered model. */
export interface ModelEntry {
  name: string;
  /** The plug-in that brought it. */
  plugin: string;
  create: ModelFactory;
  weights: Readonly<Record<string, WeightRecord>>;
}

/** Everything that plug-ins brought, by name. `M` is the union of their models, so that `create` is typed. */
export interface Registry<M = unknown> {
  /** Adds a plug-in. Using one twice changes nothing; two of one name, or two entries of one name, throw. */
  use<P extends Models>(plugin: Plugin<P>): Registry<M & P>;
  /** Builds a model by name. */
  create<N extends keyof M & string>(name: N, options?: OptionsOf<M[N]>): ModelOf<M[N]>;
  /**
   * Builds a model by name with weights in it: `await registry.load('resnet18', { weights: 'IMAGENET1K_V1' })`. Needs
   * `import '@zoo/weights/register'`, or the plug-in of `@zoo/weights/node` in this registry.
   */
  load<N extends keyof M & string>(
    name: N,
    options: LoadModelOptions & NonNullable<OptionsOf<M[N]>>,
  ): Promise<ModelOf<M[N]>>;
  /** What serves `load` in this registry. */
  loader(): ModelLoader | undefined;
  /** A model by a name only known at run time; unknown names throw with the nearest match. */
  model(name: string): ModelEntry;
  /** Models in order of registration; `pattern` may hold `*`. */
  listModels(pattern?: string): string[];
  dataset(name: string): DatasetPlugin;
  listDatasets(): string[];
  transform(name: string): (options?: unknown) => unknown;
  callback(name: string): (options?: unknown) => unknown;
  backends(): BackendPlugin[];
  plugins(): string[];
}

class PluginRegistry implements Registry {
  readonly #plugins = new Map<string, Plugin>();
  readonly #models = new Map<string, ModelEntry>();
  readonly #datasets = new Map<string, DatasetPlugin>();
  readonly #backends = new Map<string, BackendPlugin>();
  readonly #transforms = new Map<string, (options?: unknown) => unknown>();
  readonly #callbacks = new Map<string, (options?: unknown) => unknown>();
  #loader: ModelLoader | undefined;

  use<P extends Models>(plugin: Plugin<P>): Registry<P> {
    const known = this.#plugins.get(plugin.name);
    if (known === plugin) return this as unknown as Registry<P>;
    if (known)
      throw new ZooError('DUPLICATE_NAME', `A different plug-in named '${plugin.name}' is registered already.`);
    this.#refuseTaken('model', plugin.models, this.#models);
    this.#refuseTaken('dataset', plugin.datasets, this.#datasets);
    this.#refuseTaken('transform', plugin.transforms, this.#transforms);
    this.#refuseTaken('callback', plugin.callbacks, this.#callbacks);
    this.#refuseTaken('backend', Object.fromEntries((plugin.backends ?? []).map((b) => [b.name, b])), this.#backends);
    if (plugin.loadModel && this.#loader) {
      throw new ZooError('DUPLICATE_NAME', `'${plugin.name}' brings a model loader, but one is registered already.`);
    }
    this.#loader ??= plugin.loadModel;
    for (const [name, create] of Object.entries(plugin.models ?? {})) {
      this.#models.set(name, { name, plugin: plugin.name, create, weights: plugin.weights?.[name] ?? {} });
    }
    for (const [name, dataset] of Object.entries(plugin.datasets ?? {})) this.#datasets.set(name, dataset);
    for (const [name, transform] of Object.entries(plugin.transforms ?? {})) this.#transforms.set(name, transform);
    for (const [name, callback] of Object.entries(plugin.callbacks ?? {})) this.#callbacks.set(name, callback);
    for (const backend of plugin.backends ?? []) this.#backends.set(backend.name, backend);
    this.#plugins.set(plugin.name, plugin);
    return this as unknown as Registry<P>;
  }

  create(name: string, options?: unknown): never {
    return this.model(name).create(options) as never;
  }

  async load(name: string, options: LoadModelOptions): Promise<never> {
    this.model(name);
    const load = this.#loader ?? sharedRegistry().loader();
    if (!load) {
      const hint = `Add import '@zoo/weights/register', or .use(weights) from '@zoo/weights/node'.`;
      throw new ZooError('NOT_SUPPORTED', `Nothing can load weights into '${name}' yet. ${hint}`);
    }
    return (await load(this as unknown as Registry, name, { ...options })) as never;
  }

  loader(): ModelLoader | undefined {
    return this.#loader;
  }

  model(name: string): ModelEntry {
    return lookUp('model', name, this.#models);
  }

  listModels(pattern = '*'): string[] {
    const escaped = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
    const matcher = new RegExp(`^${escaped.join('.*')}$`);
    return [...this.#models.keys()].filter((name) => matcher.test(name));
  }

  dataset(name: string): DatasetPlugin {
    return lookUp('dataset', name, this.#datasets);
  }

  listDatasets(): string[] {
    return [...this.#datasets.keys()];
  }

  transform(name: string): (options?: unknown) => unknown {
    return lookUp('transform', name, this.#transforms);
  }

  callback(name: string): (options?: unknown) => unknown {
    return lookUp('callback', name, this.#callbacks);
  }

  backends(): BackendPlugin[] {
    return [...this.#backends.values()].sort((a, b) => b.priority - a.priority);
  }

  plugins(): string[] {
    return [...this.#plugins.keys()];
  }

  #refuseTaken(
    kind: string,
    added: Readonly<Record<string, unknown>> | undefined,
    taken: ReadonlyMap<string, unknown>,
  ): void {
    for (const name of Object.keys(added ?? {})) {
      if (taken.has(name)) throw new ZooError('DUPLICATE_NAME', `A ${kind} named '${name}' is registered already.`);
    }
  }
}

function lookUp<T>(kind: string, name: string, entries: ReadonlyMap<string, T>): T {
  const entry = entries.get(name);
  if (entry === undefined) throw unknownName(kind, name, [...entries.keys()]);
  return entry;
}

/** An empty registry. */
export const createRegistry = (): Registry => new PluginRegistry();

const sharedKey = Symbol.for('@zoo/core/registry/v1');

/** The registry that `@zoo/.../register` entries fill; one per process, even with several copies of this package. */
export function sharedRegistry(): Registry<ModelMap> {
  const globals = globalThis as { [sharedKey]?: Registry };
  globals[sharedKey] ??= createRegistry();
  return globals[sharedKey] as Registry<ModelMap>;
}

/** A model of the shared registry by name, typed by the `register` entries that the program imports. */
export const createModel = <N extends keyof ModelMap & string>(
  name: N,
  options?: OptionsOf<ModelMap[N]>,
): ModelOf<ModelMap[N]> => sharedRegistry().create(name, options);
