import type Koffi from 'koffi';
import type { LibraryHandle } from 'koffi';
import { loadKoffi } from './koffi.ts';
import { disableTelemetry } from './telemetry.ts';

/** An address. */
export type Pointer = bigint;

/**
 * The version of the interface that is asked for. ONNX Runtime 1.17 and all later ones have it; entries are only ever added
 * behind the known ones.
 */
const apiVersion = 17;

/** Place in `OrtApi` and types of the parameters. `*` is an address or an array over memory. */
const functions = {
  CreateEnv: [3, ['int', 'str', '*']],
  DisableTelemetryEvents: [6, ['*']],
  CreateSessionFromArray: [8, ['*', '*', 'size_t', '*', '*']],
  Run: [9, ['*', '*', '*', '*', 'size_t', '*', 'size_t', '*']],
  CreateSessionOptions: [10, ['*']],
  DisableMemPattern: [17, ['*']],
  SetSessionLogSeverityLevel: [22, ['*', 'int']],
  SetSessionGraphOptimizationLevel: [23, ['*', 'int']],
  SetIntraOpNumThreads: [24, ['*', 'int']],
  SetInterOpNumThreads: [25, ['*', 'int']],
  AddExternalInitializers: [210, ['*', '*', '*', 'size_t']],
  CreateTensorWithDataAsOrtValue: [49, ['*', '*', 'size_t', '*', 'size_t', 'int', '*']],
  CreateCpuMemoryInfo: [69, ['int', 'int', '*']],
  AddSessionConfigEntry: [130, ['*', 'str', 'str']],
  CreateAndRegisterAllocator: [144, ['*', '*', '*']],
} as const satisfies Record<string, readonly [number, readonly string[]]>;

const releases = { ReleaseSession: 95, ReleaseValue: 96, ReleaseSessionOptions: 100 } as const;

type Argument = number | string | Pointer | null | ArrayBufferView;

/** Functions of ONNX Runtime's C interface; where one fails it throws what ONNX Runtime says. */
export type CApi = {
  readonly [name in keyof typeof functions]: (...args: Argument[]) => void;
} & {
  readonly [name in keyof typeof releases]: (pointer: Pointer) => void;
} & {
  /** Path of the library. */
  readonly library: string;
  readonly version: string;
  /** Throws what ONNX Runtime says in the status that a function gave; null is success. */
  check(status: Pointer | null): void;
  /** Of the function `Run`, for another thread. */
  readonly runAddress: Pointer;
  /** Where an array's memory lies. It stays there; nothing keeps the memory alive but the array. */
  addressOf(data: ArrayBufferView): Pointer;
  /** Hands memory that was freed back to the system, where the C library keeps it otherwise. */
  trimMemory(): void;
};

const loaded: LibraryHandle[] = [];

/** Loads the shared library. Throws where koffi is not installed, has no binary for this machine, or the library is too old. */
export function loadCApi(library: string): CApi {
  disableTelemetry();
  const koffi = loadKoffi();
  const addressAt = (table: Pointer, place: number) => koffi.decode(table, 8 * place, 'void *') as Pointer;
  const functionAt = (table: Pointer, place: number, result: string, parameters: readonly string[]) =>
    koffi.decode(
      addressAt(table, place),
      koffi.proto(
        result,
        parameters.map((type) => (type === '*' ? 'void *' : type)),
      ),
    ) as (...args: Argument[]) => unknown;

  const handle = koffi.load(library);
  // Where nobody holds the handle any more, koffi unloads the library, also under functions that were found by address.
  loaded.push(handle);
  const base = handle.func('OrtGetApiBase', 'void *', [])() as Pointer;
  const version = functionAt(base, 1, 'str', [])() as string;
  const minor = /^1\.(\d+)\./.exec(version)?.[1];
  // Asking for a version that is not there makes the library complain on stderr.
  if (Number(minor ?? 0) < apiVersion) throw new Error(`ONNX Runtime ${version} is not 1.${apiVersion} or a later 1.x`);
  const table = functionAt(base, 0, 'void *', ['uint32_t'])(apiVersion) as Pointer;

  const messageOf = functionAt(table, 2, 'str', ['*']);
  const releaseStatus = functionAt(table, 93, 'void', ['*']);
  const check = (status: Pointer | null): void => {
    if (status === null) return;
    const message = messageOf(status) as string;
    releaseStatus(status);
    throw new Error(message);
  };
  const checked = (place: number, parameters: readonly string[]) => {
    const call = functionAt(table, place, 'void *', parameters);
    return (...args: Argument[]) => check(call(...args) as Pointer | null);
  };
  return {
    ...mapValues(functions, ([place, parameters]) => checked(place, parameters)),
    ...mapValues(releases, (place) => functionAt(table, place, 'void', ['*']) as (pointer: Pointer) => void),
    library,
    version,
    check,
    runAddress: addressAt(table, functions.Run[0]),
    trimMemory: memoryTrimmer(koffi),
    addressOf: (data) => koffi.address(data),
  };
}

/** Only glibc has such a function, and needs it. */
function memoryTrimmer(koffi: typeof Koffi): () => void {
  try {
    const trim = koffi.load(null).func('malloc_trim', 'int', ['size_t']);
    return () => trim(0);
  } catch {
    return () => {};
  }
}

function mapValues<K extends string, V, W>(record: Readonly<Record<K, V>>, map: (value: V) => W): Record<K, W> {
  return Object.fromEntries(Object.entries<V>(record).map(([key, value]) => [key, map(value)])) as Record<K, W>;
}
