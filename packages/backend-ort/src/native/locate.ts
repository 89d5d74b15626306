import { ZooError } from '@zoo/core';
import { failureOf, type Provider } from '../probe/provider.ts';
import { loadCApi } from './c-api.ts';
import { cRuntime } from './c-runtime.ts';
import { findInstallation, type Installation } from './installation.ts';
import type { Native } from './native.ts';
import { bindingVersions, nodeBinding } from './node-binding.ts';

/** What was found, or why nothing can be used. */
export type Located =
  | { native: Native /** What it does without, and why. */; lacks?: string }
  | { native?: undefined; reason: string; hint?: string };

const install = `npm install onnxruntime-node@${bindingVersions[0]}`;

const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';

/** The C interface, or why it cannot be used. */
function throughC({ library }: Installation): { native: Native } | { native?: undefined; why: string } {
  try {
    const native = cRuntime(loadCApi(library!));
    const why = failureOf(native, 'cpu');
    return why === undefined ? { native } : { why };
  } catch (error) {
    return { why: messageOf(error) };
  }
}

function throughBinding(installation: Installation, provider: Provider): Located {
  const { folder, version } = installation;
  if (!bindingVersions.includes(version)) {
    const known = bindingVersions.join(', ');
    return { reason: `onnxruntime-node is ${version}; its addon is known to work in ${known}`, hint: install };
  }
  try {
    const native = nodeBinding(installation);
    if (!native.providers.includes(provider)) {
      const has = native.providers.join(', ');
      return { reason: `${native.label} has no execution provider '${provider}' on this platform; it has ${has}` };
    }
    const why = failureOf(native, provider);
    return why === undefined ? { native } : { reason: `execution provider '${provider}' ${why}` };
  } catch (error) {
    return { reason: `onnxruntime-node ${version} in ${folder} cannot be loaded: ${messageOf(error)}`, hint: install };
  }
}

export function locateIn(installation: Installation | undefined, provider: Provider): Located {
  if (!installation) {
    const chosen = process.env['ZOO_ONNXRUNTIME_NODE'];
    const elsewhere = chosen ? `ZOO_ONNXRUNTIME_NODE=${chosen} does not hold onnxruntime-node` : undefined;
    return { reason: elsewhere ?? 'onnxruntime-node is not installed beside @zoo/backend-ort', hint: install };
  }
  const { version, library, addon } = installation;
  const { platform, arch } = process;
  if (!library || !addon) return { reason: `onnxruntime-node ${version} has no binary for ${platform} ${arch}` };
  // Other providers come with libraries and options of their own, which the addon knows.
  if (provider !== 'cpu') return throughBinding(installation, provider);
  const direct = throughC(installation);
  if (direct.native) return direct;
  const lacks = `the C interface cannot be called (${direct.why})`;
  const found = throughBinding(installation, provider);
  return found.native ? { ...found, lacks } : { ...found, reason: `${found.reason}; ${lacks}` };
}

const located = new Map<Provider, Located>();

/** Finds ONNX Runtime for an execution provider, once, and runs a small graph on it. */
export function locateNative(provider: Provider): Located {
  let found = located.get(provider);
  if (!found) {
    found = locateIn(findInstallation(), provider);
    located.set(provider, found);
  }
  return found;
}

/** Throws BACKEND_UNAVAILABLE, saying why. */
export function requireNative(provider: Provider): Native {
  const found = locateNative(provider);
  if (found.native) return found.native;
  throw new ZooError('BACKEND_UNAVAILABLE', `${found.reason}.${found.hint ? ` Try: ${found.hint}.` : ''}`);
}
