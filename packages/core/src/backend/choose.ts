import * as tf from '@tensorflow/tfjs-core';
import { unknownName, ZooError } from '../error.ts';
import type { BackendPlugin } from '../plugin.ts';
import { sharedRegistry } from '../registry/registry.ts';
import { activeBackend, setActiveBackend } from './active.ts';
import { acceptEmptyTensors } from './empty-tensors.ts';

export interface ChooseBackendOptions {
  /** Names to try before the others, in this order. */
  prefer?: string | readonly string[];
  /** The one backend to use; an error says why when it cannot be had. `ZOO_BACKEND` sets the same from outside. */
  only?: string;
  /** Where the backends come from; default: the shared registry. */
  registry?: { backends(): BackendPlugin[] };
}

/** What became of one backend. */
export interface BackendStatus {
  name: string;
  description: string;
  outcome: 'chosen' | 'available' | 'unavailable' | 'not tried';
  /** What was found, or why it was passed over. */
  detail: string;
  hint?: string;
}

export interface BackendChoice {
  name: string;
  /** tfjs's own name for it. */
  tfName: string;
  /** Every known backend, in the order of trying. */
  tried: BackendStatus[];
}

const environmentChoice = (): string | undefined =>
  (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.['ZOO_BACKEND'] || undefined;

function order({ prefer = [], only, registry = sharedRegistry() }: ChooseBackendOptions): {
  plugins: BackendPlugin[];
  only?: string;
} {
  const plugins = [...registry.backends()].sort((a, b) => b.priority - a.priority);
  const preferred = typeof prefer === 'string' ? [prefer] : prefer;
  const forced = only ?? (preferred.length === 0 ? environmentChoice() : undefined);
  const names = plugins.map((plugin) => plugin.name);
  for (const name of forced ? [forced] : preferred)
    if (!names.includes(name)) throw unknownName('backend', name, names);
  const rank = (plugin: BackendPlugin) => {
    const at = preferred.indexOf(plugin.name);
    return at < 0 ? preferred.length : at;
  };
  plugins.sort((a, b) => rank(a) - rank(b) || b.priority - a.priority);
  return forced ? { plugins: plugins.filter((plugin) => plugin.name === forced), only: forced } : { plugins };
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Starts one backend and carries live variables over; reading them later would fail where reads are asynchronous. */
async function start(plugin: BackendPlugin): Promise<string> {
  const former = tf.engine().backendName as string | null;
  const live = Object.values(tf.engine().registeredVariables as Record<string, tf.Variable>);
  const tfName = await plugin.init();
  acceptEmptyTensors(tfName);
  if (former !== null && former !== tfName) {
    const values = await Promise.all(live.map((variable) => variable.data()));
    tf.tidy(() => {
      for (const [i, variable] of live.entries())
        variable.assign(tf.tensor(values[i]!, variable.shape, variable.dtype));
    });
  }
  setActiveBackend(plugin);
  return tfName;
}

/**
 * Makes the best available backend current: by default CUDA, then a hardware WebGPU adapter, then WASM, then plain
 * JavaScript. Nets that are alive move along.
 */
export async function chooseBackend(options: ChooseBackendOptions = {}): Promise<BackendChoice> {
  const { plugins, only } = order(options);
  const tried: BackendStatus[] = [];
  let chosen: { name: string; tfName: string } | undefined;
  for (const plugin of plugins) {
    const entry = { name: plugin.name, description: plugin.description };
    if (chosen) {
      tried.push({ ...entry, outcome: 'not tried', detail: `${chosen.name} comes first` });
      continue;
    }
    const probe = await plugin.probe();
    if (!probe.available) {
      tried.push({ ...entry, outcome: 'unavailable', detail: probe.reason, ...(probe.hint && { hint: probe.hint }) });
      continue;
    }
    try {
      chosen = { name: plugin.name, tfName: await start(plugin) };
      tried.push({ ...entry, outcome: 'chosen', detail: probe.detail });
    } catch (error) {
      tried.push({ ...entry, outcome: 'unavailable', detail: `failed to start: ${message(error)}` });
    }
  }
  if (!chosen) throw noBackend(tried, only);
  return { ...chosen, tried };
}

function noBackend(tried: readonly BackendStatus[], only: string | undefined): ZooError {
  if (tried.length === 0) {
    return new ZooError(
      'BACKEND_UNAVAILABLE',
      "No backend is registered. Import one, e.g. import '@zoo/backend-wasm/register'.",
    );
  }
  const reasons = tried.map((t) => `\n  ${t.name}: ${t.detail}${t.hint ? ` (${t.hint})` : ''}`).join('');
  return new ZooError(
    'BACKEND_UNAVAILABLE',
    `${only ? `Backend '${only}' cannot be used` : 'No backend can be used'}:${reasons}`,
  );
}

/** Every registered backend with what its probe found, without changing the current one. */
export async function probeBackends(
  registry: { backends(): BackendPlugin[] } = sharedRegistry(),
): Promise<BackendStatus[]> {
  return Promise.all(
    registry.backends().map(async (plugin): Promise<BackendStatus> => {
      const probe = await plugin.probe();
      const entry = { name: plugin.name, description: plugin.description };
      if (probe.available)
        return { ...entry, outcome: activeBackend() === plugin ? 'chosen' : 'available', detail: probe.detail };
      return { ...entry, outcome: 'unavailable', detail: probe.reason, ...(probe.hint && { hint: probe.hint }) };
    }),
  );
}
