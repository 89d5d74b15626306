import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

const require = createRequire(import.meta.url);

type Manifest = { name: string; version: string };

/** The package `onnxruntime-node` on disk. */
export interface Installation {
  readonly folder: string;
  readonly version: string;
  /** The shared library of ONNX Runtime for this machine. */
  readonly library: string | undefined;
  /** What makes the library an addon of Node. */
  readonly addon: string | undefined;
}

const libraryNames = /^(libonnxruntime\.so(\.\d+)*|libonnxruntime(\.\d+)*\.dylib|onnxruntime\.dll)$/;

/**
 * The package as this one finds it, or in the folder that `ZOO_ONNXRUNTIME_NODE` names; undefined where it is not installed.
 * The working folder is not searched: a library placed there would run.
 */
export function findInstallation(): Installation | undefined {
  const chosen = process.env['ZOO_ONNXRUNTIME_NODE'];
  try {
    const folder = chosen ? resolve(chosen) : dirname(dirname(require.resolve('onnxruntime-node')));
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
    return name === 'onnxruntime-node' ? { folder, version, ...binaries(folder) } : undefined;
  } catch {
    return undefined;
  }
}

function binaries(folder: string): Pick<Installation, 'library' | 'addon'> {
  // The folder is named for the version of Node's interface: napi-v3, napi-v6.
  const found = existsSync(join(folder, 'bin')) ? readdirSync(join(folder, 'bin')) : [];
  const places = found.map((name) => join(folder, 'bin', name, process.platform, process.arch));
  const place = places.find((path) => existsSync(path));
  if (!place) return { library: undefined, addon: undefined };
  const files = readdirSync(place);
  const at = (name: string | undefined) => (name === undefined ? undefined : join(place, name));
  return {
    library: at(files.find((name) => libraryNames.test(name))),
    addon: at(files.find((name) => name === 'onnxruntime_binding.node')),
  };
}
