import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Installation } from './installation.ts';
import type { Native, NativeTensor } from './native.ts';
import { disableTelemetry } from './telemetry.ts';

/** Versions of onnxruntime-node that the private part of its interface used here is known for. */
export const bindingVersions = ['1.30.0'];

interface BindingSession {
  loadModel(buffer: ArrayBufferLike, offset: number, length: number, options: object): void;
  run(
    feeds: Readonly<Record<string, NativeTensor>>,
    fetches: Readonly<Record<string, NativeTensor>>,
    options: object,
  ): unknown;
  dispose(): void;
}

interface Binding {
  binding: {
    InferenceSession: new () => BindingSession;
    listSupportedBackends(): ReadonlyArray<{ name: string; bundled: boolean }>;
  };
  initOrt(): void;
}

/** ONNX Runtime by onnxruntime-node's addon, with the execution providers that it has. Results are copied. */
export interface NodeBinding extends Native {
  readonly providers: readonly string[];
}

const logSeverityLevel = 4;

const byName = (names: readonly string[], tensors: readonly NativeTensor[]): Record<string, NativeTensor> =>
  Object.fromEntries(names.map((name, i) => [name, tensors[i]!]));

export function nodeBinding({ folder, version }: Installation): NodeBinding {
  disableTelemetry();
  const inner = createRequire(join(folder, 'package.json'));
  // The public interface only runs asynchronously; what lies under it is synchronous, which dataSync needs.
  const { binding, initOrt } = inner('./dist/binding.js') as Binding;
  const { Tensor } = inner('onnxruntime-common') as Pick<Native, 'Tensor'>;
  initOrt();
  return {
    label: `onnxruntime-node ${version}`,
    providers: binding.listSupportedBackends().map(({ name }) => name),
    Tensor,
    sharesConstants: false,
    compile({ model, inputs, outputs }, { providers, threads, arena, optimization }) {
      const session = new binding.InferenceSession();
      session.loadModel(model.buffer, model.byteOffset, model.byteLength, {
        executionProviders: [...providers],
        graphOptimizationLevel: optimization,
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        enableCpuMemArena: arena,
        enableMemPattern: false,
        logSeverityLevel,
      });
      return {
        run(feeds, fetches) {
          session.run(byName(inputs, feeds), byName(outputs, fetches), { logSeverityLevel });
        },
        dispose: () => session.dispose(),
      };
    },
  };
}
