import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

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

/** The package as the program's folder sees it, else as this package does; undefined where it is not installed. */
export function findInstallation(): Installation | undefined {
  for (const from of [join(process.cwd(), 'package.json'), import.meta.url]) {
    try {
      const require = createRequire(from);
      const folder = dirname(dirname(require.resolve('onnxruntime-node')));
      const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
      return { folder, version, ...binaries(folder) };
    } catch {
      // Not installed there.
    }
  }
  return undefined;
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
