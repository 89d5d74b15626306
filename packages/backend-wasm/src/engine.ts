import * as tf from '@tensorflow/tfjs-core';
import { ZooError } from '@zoo/core';
import { installKernels } from './kernels/install.ts';
import type { WasmEngine } from './native/engine.ts';
import { attachNative, type SimdVariant } from './native/native.ts';

/** The one file of `@tensorflow/tfjs-backend-wasm` that is fetched: single-threaded, with SIMD. */
const wasmFile = 'tfjs-backend-wasm-simd.wasm';

/** Names of the files that tfjs's backend knows. */
export type WasmFile =
  | 'tfjs-backend-wasm.wasm'
  | 'tfjs-backend-wasm-simd.wasm'
  | 'tfjs-backend-wasm-threaded-simd.wasm';

/** Where a browser finds the `.wasm` file: its URL, the URL of its folder, or URLs by file name. */
export type WasmPaths = string | Readonly<Partial<Record<WasmFile, string>>>;

type Stock = typeof import('@tensorflow/tfjs-backend-wasm');
type Factory = () => tf.KernelBackend | Promise<tf.KernelBackend>;

let stockFactory: Factory | undefined;
let ownFactory: Factory | undefined;
let failure: unknown;

async function importStock(): Promise<Stock> {
  try {
    return await import('@tensorflow/tfjs-backend-wasm');
  } catch (cause) {
    throw new ZooError(
      'BACKEND_UNAVAILABLE',
      'The package @tensorflow/tfjs-backend-wasm could not be loaded; install version 4.22.0.',
      { cause },
    );
  }
}

function setPaths(stock: Stock, paths: WasmPaths): void {
  if (typeof paths === 'string' && !/\.wasm(?:[?#].*)?$/.test(paths)) {
    stock.setWasmPaths(paths.endsWith('/') ? paths : `${paths}/`);
    return;
  }
  const url = typeof paths === 'string' ? paths : paths[wasmFile];
  if (!url) {
    throw new ZooError('INVALID_ARGUMENT', `wasmPaths has no entry '${wasmFile}', the only file that is loaded.`);
  }
  // tfjs insists on an entry for each of its files.
  stock.setWasmPaths({ 'tfjs-backend-wasm.wasm': url, [wasmFile]: url, 'tfjs-backend-wasm-threaded-simd.wasm': url });
}

export interface EngineOptions {
  wasmPaths?: WasmPaths | undefined;
  variant: SimdVariant;
}

/** Registers tfjs's WebAssembly backend with our kernels, so that whoever starts it gets both. */
async function registerEngine({ wasmPaths, variant }: EngineOptions): Promise<void> {
  const stock = await importStock();
  const current = tf.findBackendFactory('wasm') as Factory | undefined;
  if (current && current !== ownFactory) stockFactory = current;
  installKernels();
  const running = tf.engine().registry['wasm'] as WasmEngine | undefined;
  if (running) {
    await attachNative(running, variant);
    return;
  }
  if (wasmPaths !== undefined) setPaths(stock, wasmPaths);
  if (!stockFactory) {
    throw new ZooError(
      'BACKEND_UNAVAILABLE',
      "tfjs's WebAssembly backend was removed before this package saw it; restart the program.",
    );
  }
  // Our kernels live on unshared memory and repeat bit for bit: one thread.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  const start = stockFactory;
  ownFactory = async () => {
    try {
      const backend = await start();
      await attachNative(backend as unknown as WasmEngine, variant);
      return backend;
    } catch (cause) {
      failure = cause;
      throw cause;
    }
  };
  if (current) tf.removeBackend('wasm');
  tf.registerBackend('wasm', ownFactory, 2);
}

async function start(options: EngineOptions): Promise<void> {
  failure = undefined;
  await registerEngine(options);
  const ready = await tf.setBackend('wasm');
  if (!ready) {
    const reason = failure instanceof Error ? failure.message : (failure as { message?: string } | undefined)?.message;
    throw new ZooError(
      'BACKEND_FAILED',
      `The WebAssembly backend did not start${reason ? `: ${reason}` : '.'} In a browser, set wasmPaths to the URL of ${wasmFile}.`,
      { cause: failure },
    );
  }
}

let starting: Promise<void> = Promise.resolve();

/** Starts the backend and makes it current; calls wait for one another. */
export function startEngine(options: EngineOptions): Promise<void> {
  starting = starting.catch(() => undefined).then(() => start(options));
  return starting;
}
