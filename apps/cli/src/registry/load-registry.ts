import { pathToFileURL } from 'node:url';
import { createRegistry, type Registry, ZooError } from '@zoo/core';
import { namedPlugin, type PluginSource, projectPlugins } from './installed-plugins.ts';
import { packageEntry } from './package-entry.ts';
import { pluginsOf } from './plugin-shape.ts';

/** What became of one plug-in package. */
export interface PluginStatus {
  package: string;
  /** 'built-in' plug-ins come with this program, 'named' ones the user named, 'installed' ones the project names. */
  origin: 'built-in' | 'named' | 'installed' | 'not run';
  /** Why it is not used; absent when it is. */
  failure?: string;
}

export interface LoadedRegistry {
  registry: Registry;
  plugins: PluginStatus[];
}

async function builtIn(): Promise<Registry> {
  const [linear, lenet, alexnet, vgg, nin, inception, resnet, densenet] = await Promise.all([
    import('@zoo/linear'),
    import('@zoo/lenet'),
    import('@zoo/alexnet'),
    import('@zoo/vgg'),
    import('@zoo/nin'),
    import('@zoo/inception'),
    import('@zoo/resnet'),
    import('@zoo/densenet'),
  ]);
  const [datasets, weights, cpu, wasm, ort, webgpu, cuda] = await Promise.all([
    import('@zoo/datasets/node'),
    import('@zoo/weights/node'),
    import('@zoo/backend-cpu'),
    import('@zoo/backend-wasm'),
    import('@zoo/backend-ort'),
    import('@zoo/backend-webgpu'),
    import('@zoo/backend-cuda'),
  ]);
  return createRegistry()
    .use(linear.linear)
    .use(lenet.lenet)
    .use(alexnet.alexnetFamily)
    .use(vgg.vgg)
    .use(nin.ninFamily)
    .use(inception.inception)
    .use(resnet.resnet)
    .use(densenet.densenet)
    .use(datasets.datasets)
    .use(weights.weights)
    .use(cuda.cuda)
    .use(webgpu.webgpu)
    .use(ort.ort)
    .use(wasm.wasm)
    .use(cpu.cpu);
}

/** Which plug-ins run, besides the built-in ones. */
export interface PluginChoice {
  /** Names of packages, and paths. */
  named: readonly string[];
  /** Whether those that the project of the working folder names as dependencies run too. */
  ofProject: boolean;
}

async function add({ name, folder, manifest, file }: PluginSource, registry: Registry): Promise<void> {
  const entry = file ?? (await packageEntry({ folder, manifest: manifest! }));
  const plugins = pluginsOf((await import(pathToFileURL(entry).href)) as object);
  if (plugins.length === 0) throw new Error(`${name} exports no plug-in object`);
  for (const plugin of plugins) registry.use(plugin);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * The built-in plug-ins, those that the user names, and those of the project that the user works in. One of a project that fails is left
 * out, with its reason; one that the user names must not fail.
 */
export async function loadRegistry(cwd: string, { named, ofProject }: PluginChoice): Promise<LoadedRegistry> {
  const registry = await builtIn();
  const known = new Set(registry.plugins());
  const plugins: PluginStatus[] = [...known].map((name) => ({ package: name, origin: 'built-in' }));
  for (const text of named) {
    const source = await namedPlugin(text, cwd);
    if (known.has(source.name)) continue; // the copy that came with this program serves, and naming one twice does no harm
    try {
      await add(source, registry);
    } catch (cause) {
      throw new ZooError('INVALID_CONFIG', `The plug-in '${text}' cannot be used: ${messageOf(cause)}`, { cause });
    }
    known.add(source.name);
    plugins.push({ package: source.name, origin: 'named' });
  }
  for (const source of ofProject ? await projectPlugins(cwd) : []) {
    if (known.has(source.name)) continue;
    const status: PluginStatus = { package: source.name, origin: 'installed' };
    try {
      await add(source, registry);
    } catch (error) {
      status.failure = messageOf(error);
    }
    plugins.push(status);
  }
  return { registry, plugins };
}
