import * as tf from '@tensorflow/tfjs-core';
import { shapeKernels } from './shape-kernels.ts';
import { withTracing } from './tracing.ts';

const backendName = 'zoo-shapes';

export interface ShapeObserver {
  /** Told of the multiply-adds of each kernel that runs. */
  onCost?: (multiplyAdds: number) => void;
  /** Told of each input of each kernel that runs. */
  onRead?: (tensor: tf.TensorInfo) => void;
}

/** A tfjs backend whose tensors have shapes and no data, like PyTorch's `meta` device. */
class ShapeBackend extends tf.KernelBackend {
  readonly #refs = new WeakMap<object, number>();
  observer: ShapeObserver = {};

  makeInfo(shape: number[], dtype: tf.DataType): tf.TensorInfo {
    const dataId = {};
    this.#refs.set(dataId, 1);
    return { dataId, shape, dtype };
  }

  override write(): object {
    return this.makeInfo([], 'float32').dataId;
  }
  override move(dataId: object, _values: unknown, _shape: number[], _dtype: tf.DataType, refCount: number): void {
    this.#refs.set(dataId, refCount);
  }
  override refCount(dataId: object): number {
    return this.#refs.get(dataId) ?? 0;
  }
  override incRef(dataId: object): void {
    this.#refs.set(dataId, this.refCount(dataId) + 1);
  }
  decRef(dataId: object): void {
    this.#refs.set(dataId, this.refCount(dataId) - 1);
  }
  override disposeData(dataId: object, force = false): boolean {
    this.decRef(dataId);
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

function install(): void {
  if (tf.findBackendFactory(backendName)) return;
  tf.registerBackend(backendName, () => new ShapeBackend(), -1000);
  for (const [kernelName, infer] of shapeKernels) {
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs, backend }) => {
        const shapes = backend as ShapeBackend;
        const result = infer(inputs as never, attrs ?? {});
        if (result.multiplyAdds) shapes.observer.onCost?.(result.multiplyAdds);
        for (const input of Object.values(inputs)) if (input) shapes.observer.onRead?.(input as tf.TensorInfo);
        const { dtype = 'float32' } = result;
        const outputs = result.shapes.map((shape, i) =>
          shapes.makeInfo(shape, typeof dtype === 'string' ? dtype : dtype[i]!),
        );
        return outputs.length === 1 ? outputs[0]! : outputs;
      },
    });
  }
}

/** Runs `f` on shapes alone while `observer` sees each kernel. The former backend comes back after. */
export function runOnShapes<T>(f: () => T, observer: ShapeObserver): T {
  install();
  const former = tf.getBackend();
  // Both backends are built synchronously by now, so that setBackend takes effect before it returns its promise.
  void tf.setBackend(backendName);
  const backend = tf.backend() as ShapeBackend;
  backend.observer = observer;
  try {
    return withTracing(() => tf.tidy(f as () => tf.TensorContainer) as T);
  } finally {
    backend.observer = {};
    if (former) void tf.setBackend(former);
  }
}
