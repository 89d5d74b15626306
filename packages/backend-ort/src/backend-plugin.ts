import { engine, findBackend, registerBackend, removeBackend, setBackend } from '@tensorflow/tfjs-core';
import { cpuBackend } from '@zoo/backend-cpu';
import { type BackendPlugin, type BackendProbe, unknownName, ZooError } from '@zoo/core';
import { overrideGradients } from './gradients.ts';
import { backendName, registerKernels, unmappedKernels } from './kernels.ts';
import { locateNative, requireNative } from './native/locate.ts';
import { OrtBackend } from './ort-backend.ts';
import { probeBlockSize } from './probe/block-size.ts';
import { type Provider, providers } from './probe/provider.ts';

export interface OrtOptions {
  /** Threads of the native engine; default: one per physical core. */
  threads?: number;
  /** Where ONNX Runtime computes; default `cpu`. */
  provider?: Provider;
  /** Compiled graphs to keep; default 64. */
  maxSessions?: number;
  /** Whether long runs leave the event loop free, on a thread of their own, where `provider` is `cpu`; default false. */
  background?: boolean;
}

const gigabyte = 2 ** 30;

function check({
  threads = 0,
  provider = 'cpu',
  maxSessions = 64,
  background = false,
}: OrtOptions): Required<OrtOptions> {
  if (!Number.isInteger(threads) || threads < 0) {
    throw new ZooError('INVALID_ARGUMENT', `threads must be a whole number, 0 for all physical cores, got ${threads}.`);
  }
  if (!providers.includes(provider)) throw unknownName('execution provider', provider, providers);
  if (!Number.isInteger(maxSessions) || maxSessions < 1) {
    throw new ZooError('INVALID_ARGUMENT', `maxSessions must be a positive whole number, got ${maxSessions}.`);
  }
  return { threads, provider, maxSessions, background };
}

function create({ threads, provider, maxSessions }: Omit<Required<OrtOptions>, 'background'>): OrtBackend {
  const native = requireNative(provider);
  return new OrtBackend(native, {
    threads,
    providers: [provider],
    // Its blocked convolutions exist on CPUs only.
    graph: { blockSize: provider === 'cpu' ? probeBlockSize(native) : undefined },
    maxSessions,
    maxSessionBytes: 2 * gigabyte,
    maxPooledBytes: gigabyte,
    maxHeldBytes: gigabyte,
  });
}

/** Options that the registered backend was made with. */
let registered: string | undefined;

/**
 * ONNX Runtime through `onnxruntime-node`: unmodified tfjs code, forward and backward, at native speed. Needs Node.js;
 * nothing is compiled or downloaded when it is installed.
 */
export function ortBackend(options: OrtOptions = {}): BackendPlugin {
  const checked = check(options);
  const { provider, background } = checked;
  const probe = (): BackendProbe => {
    const found = locateNative(provider);
    if (!found.native) {
      const hint = found.hint ?? (provider === 'cpu' ? undefined : "use provider: 'cpu'");
      return { available: false, reason: found.reason, ...(hint && { hint }) };
    }
    const { native, lacks } = found;
    const blocking = background && !native.startThread ? '; runs block the event loop all the same' : '';
    if (provider !== 'cpu') return { available: true, detail: `${native.label} on ${provider}${blocking}` };
    const block = probeBlockSize(native);
    const blocks = block
      ? `training in blocks of ${block} channels`
      : 'no blocked convolutions on this CPU, so training is slower';
    const slower = lacks ? `; results are copied, since ${lacks}` : '';
    return { available: true, detail: `${native.label}, ${blocks}${slower}${blocking}` };
  };
  return {
    name: 'ort',
    description: 'ONNX Runtime through onnxruntime-node (Node.js)',
    // Below GPUs and libtensorflow, above WASM.
    priority: 240,
    probe: async () => probe(),
    async init() {
      const found = probe();
      if (!found.available) throw new ZooError('BACKEND_UNAVAILABLE', `${found.reason}.`);
      // Its kernels serve the calls that ONNX cannot express.
      await cpuBackend().init();
      registerKernels();
      overrideGradients();
      const key = JSON.stringify(checked);
      if (engine().findBackendFactory(backendName) && registered !== key) removeBackend(backendName);
      if (!engine().findBackendFactory(backendName)) registerBackend(backendName, () => create(checked), 0);
      registered = key;
      if (!(await setBackend(backendName))) {
        throw new ZooError('BACKEND_FAILED', "tfjs could not start its 'ort' backend; its warning above says why.");
      }
      if (background) await (findBackend(backendName) as OrtBackend).runInBackground();
      return backendName;
    },
    fallbackKernels: unmappedKernels,
    setDeterministic(on) {
      const backend = findBackend(backendName) as OrtBackend | null;
      if (backend) backend.bakesWeights = !on;
    },
  };
}
