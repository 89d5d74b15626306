import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ZooError } from '@zoo/core';

/** Versions of onnxruntime-node that the private part of its interface used here is known for. */
const knownVersions = ['1.30.0'];

export type NativeData = Float32Array | Int32Array | BigInt64Array | Uint8Array;

/** A tensor of onnxruntime-common; it shares its memory with `data`. */
export interface NativeTensor {
  readonly data: NativeData;
  readonly dims: readonly number[];
  readonly type: string;
}

/** A compiled graph. `run` is synchronous and writes into the tensors given as `fetches`. */
export interface NativeSession {
  run(
    feeds: Readonly<Record<string, NativeTensor>>,
    fetches: Readonly<Record<string, NativeTensor | null>>,
    options: object,
  ): Record<string, NativeTensor>;
  loadModel(buffer: ArrayBufferLike, offset: number, length: number, options: object): void;
  dispose(): void;
}

export interface Native {
  readonly version: string;
  readonly folder: string;
  readonly Tensor: new (type: string, data: NativeData, dims: readonly number[]) => NativeTensor;
  readonly Session: new () => NativeSession;
  /** Execution providers that this build knows, and whether their libraries come with it. */
  readonly providers: ReadonlyArray<{ name: string; bundled: boolean }>;
}

/** Why the package cannot be used, or what was found. */
export type Located = { native: Native } | { native?: undefined; reason: string; hint?: string };

interface Binding {
  binding: { InferenceSession: new () => NativeSession; listSupportedBackends(): Native['providers'] };
  initOrt(): void;
}

const install = `npm install onnxruntime-node@${knownVersions[0]}`;

/** Folder of the package, as the program's folder sees it, else as this package does. */
function findPackage(): { folder: string; require: NodeJS.Require } | undefined {
  for (const from of [join(process.cwd(), 'package.json'), import.meta.url]) {
    try {
      const require = createRequire(from);
      return { folder: dirname(dirname(require.resolve('onnxruntime-node'))), require };
    } catch {
      // Not installed there.
    }
  }
  return undefined;
}

function load(): Located {
  const found = findPackage();
  if (!found) return { reason: 'onnxruntime-node is not installed', hint: install };
  const { folder } = found;
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  if (!knownVersions.includes(version)) {
    return {
      reason: `onnxruntime-node is ${version}; this package works with ${knownVersions.join(', ')}`,
      hint: install,
    };
  }
  const { platform, arch } = process;
  if (!existsSync(join(folder, `bin/napi-v6/${platform}/${arch}/onnxruntime_binding.node`))) {
    return { reason: `onnxruntime-node ${version} has no binary for ${platform} ${arch}` };
  }
  try {
    const inner = createRequire(join(folder, 'package.json'));
    // The public interface only runs asynchronously; what lies under it is synchronous, which dataSync needs.
    const { binding, initOrt } = inner('./dist/binding.js') as Binding;
    const { Tensor } = inner('onnxruntime-common') as Pick<Native, 'Tensor'>;
    initOrt();
    const providers = binding.listSupportedBackends();
    return { native: { version, folder, Tensor, Session: binding.InferenceSession, providers } };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    return { reason: `onnxruntime-node ${version} in ${folder} cannot be loaded: ${why}`, hint: install };
  }
}

let located: Located | undefined;

/** Loads onnxruntime-node, once. */
export function locateNative(): Located {
  located ??= load();
  return located;
}

/** Throws BACKEND_UNAVAILABLE, saying why. */
export function requireNative(): Native {
  const found = locateNative();
  if (found.native) return found.native;
  throw new ZooError('BACKEND_UNAVAILABLE', `${found.reason}.${found.hint ? ` Try: ${found.hint}.` : ''}`);
}
