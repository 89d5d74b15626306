import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import {
  type BackendValues,
  type DataType,
  getKernel,
  type KernelConfig,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

/** Inputs of a kernel as tfjs passes them: by name, or a list. */
export type KernelInputs = Parameters<KernelConfig['kernelFunc']>[0]['inputs'];
export type KernelAttrs = NonNullable<Parameters<KernelConfig['kernelFunc']>[0]['attrs']>;

/** Runs single kernels on tfjs's plain JavaScript engine, in a store of its own that the engine knows nothing of. */
export class CpuFallback {
  readonly #backend = new MathBackendCPU();
  readonly #calls = new Map<string, number>();

  constructor() {
    // It greets its first use in Node with an advertisement on stderr.
    (this.#backend as unknown as { firstUse: boolean }).firstUse = false;
  }

  /** How often each kernel was run here. */
  get calls(): ReadonlyMap<string, number> {
    return this.#calls;
  }

  write(values: BackendValues, shape: readonly number[], dtype: DataType): TensorInfo {
    // Some kernels ask for a rank, which only tensors have.
    return Object.assign(this.#backend.makeTensorInfo([...shape], dtype, values), { rank: shape.length });
  }

  read({ dataId }: TensorInfo): BackendValues {
    return this.#backend.readSync(dataId);
  }

  dispose({ dataId }: TensorInfo): void {
    this.#backend.disposeData(dataId);
  }

  run(kernelName: string, inputs: KernelInputs, attrs: KernelAttrs): TensorInfo | TensorInfo[] {
    this.#calls.set(kernelName, (this.#calls.get(kernelName) ?? 0) + 1);
    return getKernel(kernelName, 'cpu').kernelFunc({ inputs, attrs, backend: this.#backend });
  }
}
