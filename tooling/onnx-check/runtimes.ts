import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RuntimeInput {
  data: Float32Array;
  shape: readonly number[];
}

/** What runs ONNX files that are none of ours. */
export interface Runtime {
  readonly name: string;
  /** Outputs by name. */
  run(model: Uint8Array, input: RuntimeInput): Promise<Map<string, Float32Array>>;
}

/** The one interface of ONNX Runtime's packages. */
interface Ort {
  InferenceSession: typeof import('onnxruntime-node').InferenceSession;
  Tensor: typeof import('onnxruntime-node').Tensor;
}

const runtimeOf = (name: string, load: () => Promise<Ort>): Runtime => ({
  name,
  run: async (model, { data, shape }) => {
    const { InferenceSession, Tensor } = await load();
    const session = await InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 3 });
    try {
      const outputs = await session.run({ input: new Tensor('float32', data, shape) });
      return new Map(Object.entries(outputs).map(([key, value]) => [key, (value.data as Float32Array).slice()]));
    } finally {
      await session.release();
    }
  },
});

export const onnxruntimeNode = runtimeOf('onnxruntime-node', () => {
  process.env['ORT_DISABLE_TELEMETRY'] = '1'; // read when the first session is created
  return import('onnxruntime-node');
});

/** onnxruntime-web on WebAssembly; in Node it is the same code as in browsers. */
export const onnxruntimeWeb = runtimeOf('onnxruntime-web', async () => {
  const ort = await import('onnxruntime-web');
  ort.env.wasm.numThreads = 1;
  return ort as unknown as Ort;
});

const python = '/usr/bin/python3';

const script = `
import sys, onnx
for path in sys.argv[1:]:
    onnx.checker.check_model(path, full_check=True)
`;

/** Whether Python has the checker of ONNX files. */
export function hasChecker(): boolean {
  try {
    execFileSync(python, ['-c', 'import onnx.checker'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Throws what Python's `onnx.checker` has to say against a file, shapes included. */
export function checkModel(model: Uint8Array): void {
  const folder = mkdtempSync(join(tmpdir(), 'zoo-onnx-'));
  try {
    const path = join(folder, 'model.onnx');
    writeFileSync(path, model);
    execFileSync(python, ['-c', script, path], { stdio: ['ignore', 'ignore', 'pipe'] });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
