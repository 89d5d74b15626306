import { env, findBackend, findBackendFactory, setBackend } from '@tensorflow/tfjs-core';
import { type BackendProbe, correctGradients, ZooError } from '@zoo/core';
import { registerCorrectedKernels } from './corrected-kernels.ts';
import { type Host, nodeHost } from './host.ts';
import { type LocatedPackage, locatePackage, type PackageName } from './locate.ts';
import { restoreUtilHelpers } from './node-shim.ts';

/** tfjs's name for libtensorflow, whichever package brings it. */
const TF_NAME = 'tensorflow';

/** The part of tfjs-node's backend class that is used here. */
interface NodeBackend {
  isGPUPackage: boolean;
  isUsingGpuDevice: boolean;
}

type Found = { located: LocatedPackage; host: Host } | { located?: undefined; reason: string; hint?: string };

/** The first of `names` that can be loaded, or why none can. */
export function findEngine(names: readonly PackageName[], host: Host | undefined = nodeHost()): Found {
  if (!host) return { reason: 'libtensorflow runs in Node.js only' };
  const installed = names.map((name) => locatePackage(host, name)).filter((located) => located !== undefined);
  const located = installed.find(({ addon }) => addon);
  if (located) return { located, host };
  const [unbuilt] = installed;
  if (unbuilt) {
    return {
      reason: `${unbuilt.name} is installed in ${unbuilt.folder}, but its native addon tfjs_binding.node is missing`,
      hint: `npm rebuild ${unbuilt.name} --build-addon-from-source, or see "Building the addon" in the README of @zoo/backend-cuda`,
    };
  }
  const chosen = host.env['ZOO_TFJS_NODE'];
  return {
    reason: `${names.join(' or ')} is not installed beside @zoo/backend-cuda${chosen ? `, and ZOO_TFJS_NODE=${chosen} does not hold it` : ''}`,
    hint: `npm install ${names[0]}@4.22.0`,
  };
}

/** The outcome of `findEngine` in the words of a probe. */
export function describeEngine(found: Found): BackendProbe {
  if (!found.located) {
    return { available: false, reason: found.reason, ...(found.hint && { hint: found.hint }) };
  }
  const { located, host } = found;
  const shim = Number.parseInt(host.versions.node, 10) >= 23 ? ' with its removed util functions restored' : '';
  return { available: true, detail: `${located.name} ${located.version} on Node ${host.versions.node}${shim}` };
}

/**
 * Without a word from the user libtensorflow takes oneDNN's kernels on AVX-512 processors only, and Eigen's elsewhere, which know
 * neither NCHW nor dilated depthwise convolutions. It reads the variable once, when it is loaded.
 */
function useOneDnn({ env, arch }: Pick<Host, 'env' | 'arch'>): void {
  if (arch === 'x64') env['TF_ENABLE_ONEDNN_OPTS'] ||= '1';
}

/** tfjs-node registers tfjs's plain JavaScript kernels once more, where they are there already with a warning for each. */
function withoutWarnings(load: () => void): void {
  const before = env().getBool('PROD');
  env().set('PROD', true);
  try {
    load();
  } finally {
    env().set('PROD', before);
  }
}

/** Loads the package unless libtensorflow is loaded already, makes it current and returns its backend. */
export async function startEngine(names: readonly PackageName[]): Promise<NodeBackend> {
  if (!findBackendFactory(TF_NAME)) {
    const found = findEngine(names);
    if (!found.located) {
      const hint = found.hint ? ` Try: ${found.hint}.` : '';
      throw new ZooError('BACKEND_UNAVAILABLE', `${found.reason}.${hint}`);
    }
    const { located, host } = found;
    restoreUtilHelpers(host);
    useOneDnn(host);
    try {
      const require = host.module.createRequire(host.path.join(located.folder, 'package.json'));
      withoutWarnings(() => require(located.folder));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message.split('\n')[0] : cause;
      throw new ZooError('BACKEND_FAILED', `${located.name} in ${located.folder} cannot be loaded: ${why}`, { cause });
    }
  }
  registerCorrectedKernels();
  // tfjs-node imports all of tfjs, whose gradients take the place of the corrected ones.
  correctGradients();
  if (!(await setBackend(TF_NAME))) {
    throw new ZooError('BACKEND_FAILED', 'libtensorflow did not start; the warning above says why.');
  }
  return findBackend(TF_NAME) as unknown as NodeBackend;
}
