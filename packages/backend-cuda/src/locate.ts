import type { Host } from './host.ts';

export type PackageName = '@tensorflow/tfjs-node-gpu' | '@tensorflow/tfjs-node';

export interface LocatedPackage {
  name: PackageName;
  version: string;
  folder: string;
  /** Path of the native addon, or undefined where it was never built. */
  addon?: string;
}

function describe(host: Host, manifest: string): LocatedPackage | undefined {
  const { name, version } = JSON.parse(host.fs.readFileSync(manifest, 'utf8')) as {
    name: PackageName;
    version: string;
  };
  const folder = host.path.dirname(manifest);
  const builds = host.path.join(folder, 'lib');
  const addon = (host.fs.existsSync(builds) ? host.fs.readdirSync(builds) : [])
    .map((build) => host.path.join(builds, build, 'tfjs_binding.node'))
    .find((file) => host.fs.existsSync(file));
  return { name, version, folder, ...(addon && { addon }) };
}

/**
 * Finds an installed package: the folder in `ZOO_TFJS_NODE` if it holds that package, then what this package resolves. One
 * with its addon built wins over one without. The working folder is not searched: an addon placed there would run.
 */
export function locatePackage(host: Host, name: PackageName): LocatedPackage | undefined {
  const manifests: string[] = [];
  const chosen = host.env['ZOO_TFJS_NODE'];
  if (chosen) manifests.push(host.path.resolve(chosen, 'package.json'));
  try {
    manifests.push(host.module.createRequire(import.meta.url).resolve(`${name}/package.json`));
  } catch {
    // Not installed.
  }
  const found = manifests
    .filter((manifest) => host.fs.existsSync(manifest))
    .map((manifest) => describe(host, manifest))
    .filter((located) => located?.name === name);
  return found.find((located) => located?.addon) ?? found[0];
}
