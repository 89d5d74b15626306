import * as tf from '@tensorflow/tfjs-core';
import { withTracing, ZooError } from '@zoo/core';
import { mappedKernels } from '../kernels/kernels.ts';
import type { Recording } from './recording.ts';

export const backendName = 'zoo-onnx-trace';

/** Kernels that give a list, also of one. */
const lists = new Set(['SplitV', 'Unpack', 'TopK']);

/** A tfjs backend that records what is called, without data. */
class TraceBackend extends tf.KernelBackend {
  recording: Recording | undefined;
  readonly #infos = new WeakMap<object, number>();

  record(): Recording {
    return this.recording!;
  }

  hold(info: tf.TensorInfo): tf.TensorInfo {
    this.#infos.set(info.dataId, 1);
    return info;
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object {
    return this.hold(this.record().values(values as tf.TypedArray, shape, dtype)).dataId;
  }
  override move(): never {
    throw readsValues();
  }
  override read(): never {
    throw readsValues();
  }
  override readSync(): never {
    throw readsValues();
  }
  override refCount(dataId: object): number {
    return this.#infos.get(dataId) ?? 0;
  }
  override incRef(dataId: object): void {
    this.#infos.set(dataId, this.refCount(dataId) + 1);
  }
  override disposeData(dataId: object, force = false): boolean {
    this.#infos.set(dataId, this.refCount(dataId) - 1);
    return force || this.refCount(dataId) <= 0;
  }
  override numDataIds(): number {
    return 0;
  }
  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }
  override floatPrecision(): 32 {
    return 32;
  }
  override epsilon(): number {
    return 1e-7;
  }
  override dispose(): void {}
}

const readsValues = (): ZooError =>
  new ZooError(
    'NOT_SUPPORTED',
    'This layer reads the values of a tensor to decide what to compute; a file holds one fixed graph. Compute with ops alone.',
  );

type Attrs = {
  shape: number[];
  value: number;
  dtype?: tf.DataType;
  start: number;
  stop: number;
  step: number;
  num: number;
};

/** Kernels without tensor inputs: their results are constants. */
const constants: Readonly<Record<string, (recording: Recording, attrs: Attrs) => tf.TensorInfo>> = {
  Fill: (recording, { shape, value, dtype }) => recording.filled(shape, value, dtype ?? 'float32'),
  Range: (recording, { start, stop, step, dtype }) => {
    const values = Array.from({ length: Math.max(0, Math.ceil((stop - start) / step)) }, (_, i) => start + i * step);
    return recording.values(values, [values.length], dtype ?? 'float32');
  },
  LinSpace: (recording, { start, stop, num }) => {
    const values = Array.from({ length: num }, (_, i) =>
      num === 1 ? start : start + (i * (stop - start)) / (num - 1),
    );
    return recording.values(values, [num], 'float32');
  },
};

let installed = false;

function install(): void {
  if (!tf.findBackendFactory(backendName)) tf.registerBackend(backendName, () => new TraceBackend(), -1000);
  if (installed) return;
  installed = true;
  for (const kernelName of mappedKernels()) {
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs, backend }) => {
        const trace = backend as TraceBackend;
        const results = trace.record().kernel(kernelName, { inputs, attrs: attrs ?? {} });
        for (const info of results) trace.hold(info);
        return lists.has(kernelName) ? results : results[0]!;
      },
    });
  }
  for (const [kernelName, make] of Object.entries(constants)) {
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ attrs, backend }) => {
        const trace = backend as TraceBackend;
        return trace.hold(make(trace.record(), attrs as unknown as Attrs));
      },
    });
  }
}

/**
 * Runs `f` on tensors without data while `recording` takes down its calls; `tensor` makes tensors of what the recording
 * gives. The former backend comes back after.
 */
export function recordCalls(recording: Recording, f: (tensor: (info: tf.TensorInfo) => tf.Tensor) => void): void {
  install();
  const former = tf.getBackend();
  // Both backends are built synchronously by now, so that setBackend takes effect before it returns its promise.
  void tf.setBackend(backendName);
  const backend = tf.backend() as TraceBackend;
  backend.recording = recording;
  const tensor = (info: tf.TensorInfo): tf.Tensor => {
    const { dataId, shape, dtype } = backend.hold(info);
    return tf.engine().makeTensorFromDataId(dataId, shape, dtype, backend);
  };
  try {
    withTracing(
      () => {
        tf.tidy(() => f(tensor));
      },
      (state) => tensor(recording.state(state)),
    );
  } finally {
    backend.recording = undefined;
    // Without a former one, tfjs shall choose when it is next asked, and not find this one chosen.
    if (former) void tf.setBackend(former);
    else tf.removeBackend(backendName);
  }
}
