import { pathToFileURL } from 'node:url';
import { createRegistry, type Registry } from '@zoo/core';
import { type InstalledPackage, installedPlugins, pluginKeyword } from './installed-plugins.ts';
import { packageEntry } from './package-entry.ts';
import { pluginsOf } from './plugin-shape.ts';

/** What became of one plug-in package. */
export interface PluginStatus {
  package: string;
  /** 'built-in' plug-ins come with this program. */
  origin: 'built-in' | 'installed';
  /** Why it could not be used; absent when it is. */
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

async function add({ name, folder, manifest }: InstalledPackage, registry: Registry): Promise<void> {
  const entry = packageEntry(folder, manifest);
  if (!entry) throw new Error("its package.json exports no '.' entry that Node can import");
  const plugins = pluginsOf((await import(pathToFileURL(entry).href)) as object);
  if (plugins.length === 0) throw new Error(`${name} has the keyword ${pluginKeyword} but exports no plug-in object`);
  for (const plugin of plugins) registry.use(plugin);
}

/** The built-in plug-ins and those installed where the user works. A plug-in that fails is left out, with its reason. */
export async function loadRegistry(cwd: string): Promise<LoadedRegistry> {
  const registry = await builtIn();
  const known = registry.plugins();
  const plugins: PluginStatus[] = known.map((name) => ({ package: name, origin: 'built-in' }));
  for (const installed of await installedPlugins(cwd)) {
    if (known.includes(installed.name)) continue; // the copy that came with this program serves
    const status: PluginStatus = { package: installed.name, origin: 'installed' };
    try {
      await add(installed, registry);
    } catch (error) {
      status.failure = error instanceof Error ? error.message : String(error);
    }
    plugins.push(status);
  }
  return { registry, plugins };
}
