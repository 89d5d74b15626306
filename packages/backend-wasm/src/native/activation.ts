import { getKernel, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { ZooError } from '@zoo/core';
import { call, type WasmEngine } from './engine.ts';
import { nativeOf } from './native.ts';

// Codes of native/elementwise.c.
const inPlace: Readonly<Record<string, number>> = { linear: 0, relu: 1, relu6: 2, leakyrelu: 3 };
const byKernel: Readonly<Record<string, string>> = { sigmoid: 'Sigmoid', elu: 'Elu', prelu: 'Prelu' };

/** What tfjs's fused operations add to a product or convolution. */
export interface Epilogue {
  bias?: TensorInfo | undefined;
  activation?: string | undefined;
  leakyreluAlpha?: number | undefined;
  preluActivationWeights?: TensorInfo | undefined;
}

function kernel(name: string) {
  const config = getKernel(name, 'wasm');
  if (!config)
    throw new ZooError('BACKEND_FAILED', `tfjs's WebAssembly backend has no ${name} kernel; install version 4.22.0.`);
  return config.kernelFunc;
}

/** Adds the bias and applies the activation to the fresh tensor `x`, which it takes over. */
export function applyEpilogue(x: TensorInfo, epilogue: Epilogue, backend: WasmEngine): TensorInfo {
  const { bias, activation = 'linear', leakyreluAlpha = 0, preluActivationWeights } = epilogue;
  const native = nativeOf(backend);
  const cols = x.shape[x.shape.length - 1] ?? 1;
  const rows = cols === 0 ? 0 : util.sizeFromShape(x.shape) / cols;
  const code = inPlace[activation];
  const other = byKernel[activation];
  if (code === undefined && other === undefined) {
    backend.disposeData(x.dataId);
    throw new ZooError(
      'NOT_SUPPORTED',
      `The fused activation '${activation}' does not exist on the wasm backend; apply it as an operation of its own.`,
    );
  }
  let out = x;
  let channelBias = 0;
  if (bias) {
    if (util.sizeFromShape(bias.shape) === cols && bias.shape[bias.shape.length - 1] === cols) {
      channelBias = native.address(bias);
    } else {
      out = call(kernel('Add'), { a: x, b: bias }, {}, backend);
      backend.disposeData(x.dataId);
    }
  }
  if (channelBias || code) {
    const at = native.address(out);
    native.kernels.bias_activation(at, rows, cols, channelBias, code ?? 0, leakyreluAlpha, at);
  }
  if (other === undefined) return out;
  const inputs = other === 'Prelu' ? { x: out, alpha: preluActivationWeights } : { x: out };
  const activated = call(kernel(other), inputs, {}, backend);
  backend.disposeData(out.dataId);
  return activated;
}
