import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { type BackendValues, backend_util, type DataType, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { ZooError } from '@zoo/core';
import { isSoftwareAdapter } from './adapter-info.ts';
import { type ErrorLog, watchDevice } from './error-log.ts';
import { completeKey, patchFor } from './programs/shader-patches.ts';

export type WebgpuProgram = Parameters<WebGPUBackend['runWebGPUProgram']>[0];
export type ProgramUniforms = Array<{ type: string; data: number[] }>;
type DataId = TensorInfo['dataId'];

/** tfjs's WebGPU engine with its shaders corrected and its errors made to reject. */
export class ReportingWebGPUBackend extends WebGPUBackend {
  readonly errors: ErrorLog;
  readonly software: boolean;
  /** Whether filter gradients use the tiled product, whose barriers a software adapter is slow at. */
  tiledFilterGradient: boolean;
  deterministic = false;
  /** Workgroups the device runs along one dimension of a dispatch. */
  maxWorkgroups: number;
  #canReadSync: boolean | undefined;

  constructor(device: GPUDevice, adapterInfo: GPUAdapterInfo) {
    super(device, adapterInfo);
    this.software = isSoftwareAdapter(adapterInfo);
    this.tiledFilterGradient = !this.software;
    this.errors = watchDevice(device);
    this.maxWorkgroups = device.limits.maxComputeWorkgroupsPerDimension;
  }

  override runWebGPUProgram(
    program: WebgpuProgram,
    inputs: TensorInfo[],
    outputDtype: DataType,
    uniforms?: ProgramUniforms,
    output?: TensorInfo,
  ): TensorInfo {
    const { shaderKey } = program;
    if (this.deterministic && program.atomic && outputDtype === 'float32') {
      throw new ZooError(
        'NOT_SUPPORTED',
        `WebGPU shader '${shaderKey}' adds float32 values in an order that changes from run to run, and deterministic mode ` +
          'is on. Turn it off with setDeterministic(false), or run this operation on the cpu backend.',
      );
    }
    const patch = patchFor(shaderKey, outputDtype);
    if (patch) {
      const original = program.getUserCode.bind(program);
      program.getUserCode = () => patch(original());
    }
    program.shaderKey = completeKey(shaderKey, program.outputShape);
    this.#checkDispatch(program, shaderKey);
    try {
      return super.runWebGPUProgram(program, inputs, outputDtype, uniforms, output);
    } catch (error) {
      // A lost device makes buffer allocation throw about sizes.
      throw this.errors.peek() ?? error;
    }
  }

  /**
   * Values of a tensor, which may be disposed meanwhile; rejects when the device reported an error that nobody has taken.
   */
  override async read(dataId: object): Promise<BackendValues> {
    let values: BackendValues;
    try {
      values = await this.#download(dataId as DataId);
    } catch (error) {
      throw this.errors.peek() ?? error;
    }
    const error = this.errors.peek();
    if (error) throw error;
    return values;
  }

  /** Values that are on the host already, or a GPU read through a canvas where the host is known to do that right. */
  override readSync(dataId: object): BackendValues {
    const data = this.tensorMap.get(dataId as DataId);
    const onHost = data.values != null || data.dtype === 'string' || data.dtype === 'complex64';
    if (!onHost && !this.#readSyncWorks()) {
      throw new ZooError(
        'NOT_SUPPORTED',
        'WebGPU cannot read a tensor synchronously here: use `await tensor.data()` or `await tensor.array()` instead of ' +
          'dataSync() or arraySync().',
      );
    }
    const error = this.errors.peek();
    if (error) throw error;
    return super.readSync(dataId as DataId);
  }

  /** Submits what is queued, waits for the device and throws the first error since the last call. */
  async checkErrors(): Promise<void> {
    this.ensureCommandEncoderReady();
    this.endComputePassEncoder();
    this.submitQueue();
    // An empty scope is answered after everything before it, the errors included.
    this.device.pushErrorScope('validation');
    await Promise.allSettled([this.device.popErrorScope(), this.device.queue.onSubmittedWorkDone()]);
    const error = this.errors.take();
    if (error) throw error;
  }

  async #download(dataId: DataId): Promise<BackendValues> {
    const data = this.tensorMap.get(dataId);
    if (data.values != null) return data.values;
    if (data.dtype === 'complex64') {
      const { real, imag } = data.complexTensorInfos!;
      const parts = await Promise.all([this.#download(real.dataId), this.#download(imag.dataId)]);
      data.values = backend_util.mergeRealAndImagArrays(parts[0] as Float32Array, parts[1] as Float32Array);
    } else {
      const bytes = await this.getBufferData(data.resource as GPUBuffer);
      data.values = util.convertBackendValuesAndArrayBuffer(bytes, data.dtype);
    }
    return data.values;
  }

  #checkDispatch(program: WebgpuProgram, shaderKey: string): void {
    const limit = this.maxWorkgroups;
    const [, y, z] = program.dispatch;
    if (y <= limit && z <= limit) return;
    throw new ZooError(
      'NOT_SUPPORTED',
      `WebGPU shader '${shaderKey}' needs ${program.dispatch.join(' x ')} workgroups for output [${program.outputShape}], ` +
        `and this device allows ${limit} per dimension. Use a smaller batch.`,
    );
  }

  /**
   * Reads a known tensor once: several browsers return zeros without an error. Not on software adapters, where reading
   * through a canvas may lose the device.
   */
  #readSyncWorks(): boolean {
    if (typeof OffscreenCanvas === 'undefined' || this.software) return false;
    if (this.#canReadSync === undefined) {
      const known = Float32Array.of(1.5, -2.25, 1e-3, 3e4);
      const probe = this.makeTensorInfo([known.length], 'float32', known);
      try {
        this.uploadToGPU(probe.dataId);
        const values = super.readSync(probe.dataId) as Float32Array;
        this.#canReadSync = known.every((value, i) => values[i] === value);
      } catch {
        this.#canReadSync = false;
      }
      this.disposeData(probe.dataId);
    }
    return this.#canReadSync;
  }
}
