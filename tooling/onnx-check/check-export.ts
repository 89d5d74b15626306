import type * as tf from '@tensorflow/tfjs-core';
import type { AnyModule } from '@zoo/core';
import { decodeModel, type ExportOptions, exportOnnx } from '@zoo/onnx';
import { fromTorch, relativeError, toTorch } from '@zoo/testing';
import { checkModel, type Runtime, type RuntimeInput } from './runtimes.ts';

export interface ExportCheck {
  net: AnyModule;
  options: ExportOptions;
  input: RuntimeInput;
  runtimes: readonly Runtime[];
  /** Whether to ask Python's checker too. */
  checker: boolean;
}

export interface ExportResult {
  bytes: number;
  /** Number of nodes by operator. */
  ops: Map<string, number>;
  /** Relative L2 distance from `net.predict`, by runtime. */
  errors: Map<string, number>;
  /** What the first runtime gave. */
  output: Float32Array;
}

/** Exports the net, runs the file in other runtimes and compares with the net itself. Images are `[n, c, h, w]`. */
export async function checkExport(check: ExportCheck): Promise<ExportResult> {
  const { net, options, input, runtimes, checker } = check;
  const x = fromTorch(input.data, input.shape);
  const y = net.predict(x) as tf.Tensor;
  const expected = await toTorch(y);
  x.dispose();
  y.dispose();
  const model = await exportOnnx(net, options);
  const errors = new Map<string, number>();
  let output: Float32Array | undefined;
  for (const runtime of runtimes) {
    const values = (await runtime.run(model, input)).get('output')!;
    output ??= values;
    errors.set(
      runtime.name,
      values.length === expected.length ? relativeError(values, expected) : Number.POSITIVE_INFINITY,
    );
  }
  if (checker) checkModel(model);
  const ops = new Map<string, number>();
  const { graph, opsets } = decodeModel(model);
  if (Object.keys(opsets).join() !== '') throw new Error(`The file uses the domains ${Object.keys(opsets)}.`);
  for (const { opType } of graph.nodes) ops.set(opType, (ops.get(opType) ?? 0) + 1);
  return { bytes: model.byteLength, ops, errors, output: output! };
}
