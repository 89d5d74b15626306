import { encodeModel, programGraph, toModel } from '@zoo/onnx';
import type { Native } from '../native.ts';

/** Execution providers of ONNX Runtime that can be asked for. */
export const providers = ['cpu', 'webgpu', 'cuda', 'coreml'] as const;

export type Provider = (typeof providers)[number];

/** Why `provider` cannot be used here, or undefined where a small graph ran on it. */
export function missingProvider(native: Native, provider: Provider): string | undefined {
  const known = native.providers.map(({ name }) => name);
  if (!known.includes(provider)) {
    return `onnxruntime-node ${native.version} has no execution provider '${provider}' on this platform; it has ${known.join(', ')}`;
  }
  const graph = programGraph({
    leaves: [{ name: 'x', type: 'float32', shape: [2] }],
    calls: [{ kernelName: 'Square', inputs: { x: { leaf: 0 } }, attrs: {} }],
    outputs: [{ name: 'y', value: { call: 0, result: 0 } }],
  });
  const bytes = encodeModel(toModel(graph));
  try {
    const session = new native.Session();
    const options = { executionProviders: [provider], intraOpNumThreads: 1, logSeverityLevel: 4 };
    session.loadModel(bytes.buffer, bytes.byteOffset, bytes.byteLength, options);
    const x = new native.Tensor('float32', Float32Array.of(3, -4), [2]);
    const { y } = session.run({ x }, { y: null }, { logSeverityLevel: 4 });
    session.dispose();
    return y!.data[0] === 9 && y!.data[1] === 16 ? undefined : `execution provider '${provider}' computed nonsense`;
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return `execution provider '${provider}' does not start: ${why}`;
  }
}
