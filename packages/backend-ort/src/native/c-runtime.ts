import type { CApi, Pointer } from './c-api.ts';
import type { Native, NativeData, NativeGraph, NativeOptions, NativeSession, NativeTensor } from './native.ts';
import { type PreparedRun, RunThread } from './run-thread.ts';

/** Numbers of ONNX's element types. */
const elementTypes: Readonly<Record<string, number>> = { float32: 1, int32: 6, int64: 7, bool: 9 };

/** Numbers of the interface. */
const fatal = 4;
const optimizations = { basic: 1, all: 99 };
const deviceAllocator = 0;
const arenaAllocator = 1;
const defaultMemory = 0;

/** Gives what a function writes to the address that it gets. */
function created(create: (out: BigUint64Array) => void): Pointer {
  const out = new BigUint64Array(1);
  create(out);
  return out[0]!;
}

/** Strings as C has them; `memory` has to live as long as somebody reads them. */
function cStrings(texts: readonly string[], api: CApi): { pointers: BigUint64Array; memory: Uint8Array } {
  const memory = Buffer.from(texts.map((text) => `${text}\0`).join(''), 'utf8');
  let next = texts.length > 0 ? api.addressOf(memory) : 0n;
  const pointers = BigUint64Array.from(texts, (text) => {
    const at = next;
    next += BigInt(Buffer.byteLength(text) + 1);
    return at;
  });
  return { pointers, memory };
}

function nativeTensor(api: CApi) {
  return class CTensor implements NativeTensor {
    readonly type: string;
    readonly data: NativeData;
    readonly dims: readonly number[];
    readonly address: Pointer;
    readonly shape: BigInt64Array;
    readonly element: number;

    constructor(type: string, data: NativeData, dims: readonly number[]) {
      this.type = type;
      this.data = data;
      this.dims = dims;
      this.address = api.addressOf(data);
      this.shape = BigInt64Array.from(dims, BigInt);
      this.element = elementTypes[type]!;
    }
  };
}

type CTensor = InstanceType<ReturnType<typeof nativeTensor>>;

/** Makes ONNX Runtime's own object around a tensor's memory, which it neither owns nor copies. */
type Wrap = (tensor: CTensor, out: BigUint64Array) => void;

class CSession implements NativeSession {
  readonly #api: CApi;
  readonly #wrap: Wrap;
  readonly #inputs: ReturnType<typeof cStrings>;
  readonly #outputs: ReturnType<typeof cStrings>;
  /** Kept as long as the session: ONNX Runtime may read them where they lie. */
  readonly constants: NativeGraph['constants'];
  #session: Pointer;

  constructor(api: CApi, session: Pointer, wrap: Wrap, { inputs, outputs, constants }: NativeGraph) {
    this.#api = api;
    this.#session = session;
    this.#wrap = wrap;
    this.constants = constants;
    this.#inputs = cStrings(inputs, api);
    this.#outputs = cStrings(outputs, api);
  }

  run(inputs: readonly NativeTensor[], outputs: readonly NativeTensor[]): void {
    const { pointers: names } = this.#inputs;
    const { pointers: outputNames } = this.#outputs;
    const values = this.#wrapAll(inputs, outputs);
    const fetches = values.subarray(inputs.length);
    try {
      this.#api.Run(this.#session, null, names, values, inputs.length, outputNames, outputs.length, fetches);
    } finally {
      this.#release(values);
    }
  }

  prepare(inputs: readonly NativeTensor[], outputs: readonly NativeTensor[]): PreparedRun {
    const api = this.#api;
    const [inputCount, outputCount] = [BigInt(inputs.length), BigInt(outputs.length)];
    const values = this.#wrapAll(inputs, outputs);
    const at = api.addressOf(values);
    const names = [this.#inputs, this.#outputs].map(({ pointers }) => api.addressOf(pointers)) as [Pointer, Pointer];
    return {
      args: [this.#session, names[0], at, inputCount, names[1], outputCount, at + 8n * inputCount],
      holds: [values, inputs, outputs, this],
      finish: (status) => {
        this.#release(values);
        api.check(status);
      },
    };
  }

  dispose(): void {
    if (this.#session !== 0n) this.#api.ReleaseSession(this.#session);
    this.#session = 0n;
  }

  /** Inputs, then outputs. */
  #wrapAll(inputs: readonly NativeTensor[], outputs: readonly NativeTensor[]): BigUint64Array {
    const values = new BigUint64Array(inputs.length + outputs.length);
    try {
      for (const [i, tensor] of [...inputs, ...outputs].entries()) this.#wrap(tensor as CTensor, values.subarray(i));
    } catch (error) {
      this.#release(values);
      throw error;
    }
    return values;
  }

  #release(values: BigUint64Array): void {
    for (const value of values) if (value !== 0n) this.#api.ReleaseValue(value);
  }
}

/** ONNX Runtime by its C interface: nothing is copied between its tensors and the arrays of JavaScript. */
export function cRuntime(api: CApi): Native {
  const environment = created((out) => api.CreateEnv(fatal, 'zoo', out));
  api.DisableTelemetryEvents(environment);
  const memoryInfo = created((out) => api.CreateCpuMemoryInfo(deviceAllocator, defaultMemory, out));
  // One for all sessions: it keeps the memory of the largest run, which costs page faults to get anew.
  const arena = created((out) => api.CreateCpuMemoryInfo(arenaAllocator, defaultMemory, out));
  api.CreateAndRegisterAllocator(environment, arena, null);

  function sessionOptions({ threads, optimization }: NativeOptions): Pointer {
    const options = created((out) => api.CreateSessionOptions(out));
    api.SetSessionLogSeverityLevel(options, fatal);
    api.SetSessionGraphOptimizationLevel(options, optimizations[optimization]);
    api.SetIntraOpNumThreads(options, threads);
    api.SetInterOpNumThreads(options, 1);
    // Planning the memory of a whole run ahead takes more of it, and is no faster.
    api.DisableMemPattern(options);
    api.AddSessionConfigEntry(options, 'session.use_env_allocators', '1');
    return options;
  }

  const Tensor = nativeTensor(api);
  const wrap: Wrap = ({ address, data, shape, element }, out) => {
    const { length } = shape;
    api.CreateTensorWithDataAsOrtValue(memoryInfo, address, data.byteLength, shape, length, element, out);
  };

  return {
    label: `onnxruntime-node ${api.version}`,
    startThread: () => RunThread.start(api),
    Tensor,
    sharesConstants: true,
    compile(graph, options) {
      const { model } = graph;
      const constants = [...(graph.constants ?? [])];
      // The optimizer copies constants several times over: what was freed before goes back first, and then the copies.
      if (constants.length > 0) api.trimMemory();
      const native = sessionOptions(options);
      const values = new BigUint64Array(constants.length);
      try {
        for (const [i, [, { type, data, shape }]] of constants.entries())
          wrap(new Tensor(type, data, shape), values.subarray(i));
        const { pointers, memory } = cStrings(
          constants.map(([name]) => name),
          api,
        );
        if (memory.length > 0) api.AddExternalInitializers(native, pointers, values, values.length);
        const session = created((out) => {
          api.CreateSessionFromArray(environment, model, model.byteLength, native, out);
        });
        if (memory.length > 0) api.trimMemory();
        return new CSession(api, session, wrap, graph);
      } finally {
        api.ReleaseSessionOptions(native);
        for (const value of values) if (value !== 0n) api.ReleaseValue(value);
      }
    },
  };
}
