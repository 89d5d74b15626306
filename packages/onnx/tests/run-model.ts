/** Runs a file on plain ONNX Runtime; outputs by name. */
export type RunModel = (
  model: Uint8Array,
  input: Float32Array | Int32Array,
  shape: readonly number[],
) => Promise<Map<string, Float32Array>>;

type Ort = Pick<typeof import('onnxruntime-node'), 'InferenceSession' | 'Tensor'>;

const runOn =
  (load: () => Promise<Ort>): RunModel =>
  async (model, input, shape) => {
    const { InferenceSession, Tensor } = await load();
    const session = await InferenceSession.create(model, { intraOpNumThreads: 1 });
    try {
      const fed =
        input instanceof Float32Array ? new Tensor('float32', input, shape) : new Tensor('int32', input, shape);
      const outputs = await session.run({ input: fed });
      return new Map(Object.entries(outputs).map(([name, { data }]) => [name, (data as Float32Array).slice()]));
    } finally {
      await session.release();
    }
  };

export const runInNode = runOn(() => {
  process.env['ORT_DISABLE_TELEMETRY'] = '1'; // read when the first session is created
  return import('onnxruntime-node');
});

/** onnxruntime-web on WebAssembly, which Node runs as browsers do. */
export const runOnWeb = runOn(async () => {
  const ort = await import('onnxruntime-web');
  ort.env.wasm.numThreads = 1;
  return ort as unknown as Ort;
});

/** L2 distance of two vectors, relative to the second. */
export function relativeDistance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let [difference, norm] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    difference += (actual[i]! - expected[i]!) ** 2;
    norm += expected[i]! ** 2;
  }
  return Math.sqrt(difference / norm);
}
