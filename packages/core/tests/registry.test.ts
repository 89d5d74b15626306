import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import {
  type BackendPlugin,
  chooseBackend,
  createRegistry,
  definePlugin,
  doctor,
  isZooError,
  Module,
  nearest,
  Parameter,
  setDeterministic,
} from '../src/index.ts';

class Net extends Module {
  readonly classes: number;
  constructor({ numClasses = 10 }: { numClasses?: number } = {}) {
    super();
    this.classes = numClasses;
  }
  forward(x: tf.Tensor): tf.Tensor {
    return x;
  }
}

const family = definePlugin({
  name: 'family',
  models: { net18: (options?: { numClasses?: number }) => new Net(options), net34: () => new Net() },
});

const backend = (name: string, priority: number, behaviour: Partial<BackendPlugin> = {}): BackendPlugin => ({
  name,
  description: `${name} engine`,
  priority,
  probe: async () => ({ available: true, detail: 'fine' }),
  init: async () => tf.getBackend(),
  ...behaviour,
});
const registryOf = (...backends: BackendPlugin[]) => createRegistry().use({ name: 'backends', backends });

describe('registry', () => {
  it('creates typed models by name', () => {
    const registry = createRegistry().use(family);
    const net: Net = registry.create('net18', { numClasses: 3 });
    expect(net.classes).toBe(3);
    // @ts-expect-error options are typed by the factory
    registry.create('net18', { numClasses: 'three' });
    expect(registry.listModels('*34')).toEqual(['net34']);
    expect(registry.model('net34').plugin).toBe('family');
  });

  it('suggests the nearest name', () => {
    expect(() => createRegistry().use(family).model('nte18')).toThrow(
      "Unknown model 'nte18'. Did you mean 'net18'? Known: net18, net34.",
    );
    expect(() => createRegistry().model('x')).toThrow('No model is registered');
    expect(nearest('completely-different', ['net18'])).toBeUndefined();
  });

  it('refuses duplicates, but not the same plug-in twice', () => {
    const registry = createRegistry().use(family).use(family);
    expect(registry.plugins()).toEqual(['family']);
    expect(() => registry.use(definePlugin({ name: 'family', models: {} }))).toThrow(
      /different plug-in named 'family'/,
    );
    expect(() => registry.use(definePlugin({ name: 'other', models: { net18: () => new Net() } }))).toThrow(
      /model named 'net18'/,
    );
    expect(registry.plugins()).toEqual(['family']);
  });
});

describe('chooseBackend', () => {
  it('takes the first available by priority and says why others were passed over', async () => {
    const registry = registryOf(
      backend('slow', 1),
      backend('gone', 9, { probe: async () => ({ available: false, reason: 'no adapter', hint: 'buy one' }) }),
      backend('broken', 8, { init: async () => Promise.reject(new Error('driver crashed')) }),
      backend('good', 5),
    );
    const choice = await chooseBackend({ registry, prefer: 'gone' });
    expect(choice.name).toBe('good');
    expect(choice.tried.map((t) => [t.name, t.outcome, t.detail])).toEqual([
      ['gone', 'unavailable', 'no adapter'],
      ['broken', 'unavailable', 'failed to start: driver crashed'],
      ['good', 'chosen', 'fine'],
      ['slow', 'not tried', 'good comes first'],
    ]);
  });

  it('prefers softly and insists with `only`', async () => {
    const gone = backend('gone', 9, { probe: async () => ({ available: false, reason: 'no adapter' }) });
    const registry = registryOf(gone, backend('good', 5), backend('slow', 1));
    expect((await chooseBackend({ registry, prefer: 'slow' })).name).toBe('slow');
    expect((await chooseBackend({ registry, prefer: 'gone' })).name).toBe('good');
    await expect(chooseBackend({ registry, only: 'gone' })).rejects.toThrow(
      /Backend 'gone' cannot be used:\s+gone: no adapter/,
    );
    await expect(chooseBackend({ registry, only: 'god' })).rejects.toThrow(/Did you mean 'good'/);
  });

  it('lists every reason when nothing can be used', async () => {
    const gone = backend('gone', 9, {
      probe: async () => ({ available: false, reason: 'no adapter', hint: 'install a driver' }),
    });
    const error = await chooseBackend({ registry: registryOf(gone), prefer: 'gone' }).catch((e: unknown) => e);
    expect(isZooError(error) && error.code).toBe('BACKEND_UNAVAILABLE');
    expect(String(error)).toContain('gone: no adapter (install a driver)');
    await expect(chooseBackend({ registry: createRegistry(), prefer: [] })).rejects.toThrow(
      /No backend is registered|Unknown backend/,
    );
  });

  it('passes the deterministic mode on', async () => {
    const seen: boolean[] = [];
    const registry = registryOf(backend('gpu', 1, { setDeterministic: (on) => void seen.push(on) }));
    await chooseBackend({ registry, only: 'gpu' });
    setDeterministic(true);
    setDeterministic(false);
    expect(seen).toEqual([false, true, false]);
  });

  it('carries live parameters over to another engine', async () => {
    const former = tf.getBackend();
    const { cpuBackend } = await import('@zoo/backend-cpu');
    const { wasmBackend } = await import('@zoo/backend-wasm');
    const parameter = new Parameter([3], { init: () => Float32Array.of(1, 2, 3) });
    for (const plugin of former === 'cpu' ? [wasmBackend(), cpuBackend()] : [cpuBackend(), wasmBackend()]) {
      parameter.variable();
      await chooseBackend({ registry: registryOf(plugin), only: plugin.name });
      expect(tf.getBackend()).toBe(plugin.name);
      const doubled = tf.mul(parameter.value(), 2);
      expect(Array.from(await doubled.data())).toEqual([2, 4, 6]);
      doubled.dispose();
    }
    parameter.dispose();
    await tf.setBackend(former);
  });
});

describe('doctor', () => {
  it('reports every backend and what is wrong', async () => {
    const gone = backend('gone', 9, { probe: async () => ({ available: false, reason: 'no adapter' }) });
    const report = await doctor(registryOf(gone));
    expect(report.tfjs).toBe('4.22.0');
    expect(report.backends).toEqual([
      { name: 'gone', description: 'gone engine', outcome: 'unavailable', detail: 'no adapter' },
    ]);
    expect(report.problems.join()).toMatch(/No registered backend can be used/);
    expect((await doctor(createRegistry())).problems.join()).toMatch(/No backend is registered/);
  });

  it('lists the kernels that the backend in use leaves to plain JavaScript', async () => {
    const registry = registryOf(backend('lazy', 1, { fallbackKernels: () => ['FFT'] }));
    await chooseBackend({ registry, only: 'lazy' });
    expect((await doctor(registry)).fallbackKernels).toEqual(['FFT']);
  });
});
