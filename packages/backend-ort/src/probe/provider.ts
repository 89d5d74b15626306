import { encodeModel, programGraph, toModel } from '@zoo/onnx';
import type { Native } from '../native/native.ts';

/** Execution providers of ONNX Runtime that can be asked for. */
export const providers = ['cpu', 'webgpu', 'cuda', 'coreml'] as const;

export type Provider = (typeof providers)[number];

/** What is wrong with `provider`, or undefined where a small graph ran on it. */
export function failureOf(native: Native, provider: Provider): string | undefined {
  const graph = programGraph({
    leaves: [{ name: 'x', type: 'float32', shape: [2] }],
    calls: [{ kernelName: 'Square', inputs: { x: { leaf: 0 } }, attrs: {} }],
    outputs: [{ name: 'y', value: { call: 0, result: 0 } }],
  });
  const model = encodeModel(toModel(graph));
  try {
    const options = { providers: [provider], threads: 1, arena: false, optimization: 'all' } as const;
    const session = native.compile({ model, inputs: ['x'], outputs: ['y'] }, options);
    const y = new Float32Array(2);
    session.run([new native.Tensor('float32', Float32Array.of(3, -4), [2])], [new native.Tensor('float32', y, [2])]);
    session.dispose();
    return y[0] === 9 && y[1] === 16 ? undefined : 'computed nonsense';
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return `does not start: ${why}`;
  }
}
