/** Node's own modules without a static import: bundlers for browsers see none, and plain `typeof` tells where we are. */
interface Host {
  fs: typeof import('node:fs');
  path: typeof import('node:path');
  module: typeof import('node:module');
  util: typeof import('node:util');
  versions: NodeJS.ProcessVersions;
  env: NodeJS.ProcessEnv;
  arch: string;
}

/** Undefined where the program does not run in Node. */
export function nodeHost(): Host | undefined {
  if (typeof process === 'undefined' || !process.versions?.node || !process.getBuiltinModule) return undefined;
  return {
    fs: process.getBuiltinModule('node:fs'),
    path: process.getBuiltinModule('node:path'),
    module: process.getBuiltinModule('node:module'),
    util: process.getBuiltinModule('node:util'),
    versions: process.versions,
    env: process.env,
    arch: process.arch,
  };
}

export type { Host };
