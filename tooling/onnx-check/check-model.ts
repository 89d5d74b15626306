import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type AnyModule, type InputSpec, numElements } from '@zoo/core';
import { fillInput, fillModule, relativeError, tolerance } from '@zoo/testing';
import { familyRegistry } from '../families.ts';
import { checkExport, type ExportResult } from './check-export.ts';
import { onnxruntimeNode, onnxruntimeWeb } from './runtimes.ts';

/** Relative distance from `net.predict` that a file may have. */
const allowed = 1e-4;

interface Golden {
  gamma: [number, number];
  input: number[];
  sensitivity: number;
  noise: number;
  output: { values: number[] };
}

/** Options that PyTorch's values were made with, beside the defaults. */
const goldenOptions: Readonly<Record<string, object>> = {
  googlenet: { transformInput: true },
  inception_v3: { transformInput: true },
};

/** All models of this repository. */
export const models = familyRegistry();

/** PyTorch's values for the model, where there are some. */
function goldenOf(name: string): Golden | undefined {
  const path = fileURLToPath(new URL(`../../packages/testing/fixtures/parity/${name}.json`, import.meta.url));
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Golden) : undefined;
}

/** Two images of the net's size, or two rows of features for nets that take no images. */
function ownShape(net: AnyModule): number[] {
  const { inputSpec } = net as { inputSpec?: InputSpec };
  return inputSpec ? [2, inputSpec.channels, ...inputSpec.size] : [2, net.parameters()[0]!.shape[1]!];
}

export interface ModelCheckOptions {
  /** Whether to run the folded file in onnxruntime-web too. */
  web: boolean;
  /** Whether to ask Python's checker too. */
  checker: boolean;
}

export interface ModelCheck extends ExportResult {
  fold: boolean;
  /** Distance from PyTorch's own output, where there is one. */
  fromTorch?: number;
  passed: boolean;
}

/**
 * Exports a model of the zoo with and without folding, runs the files in other runtimes, and compares with `net.predict` and
 * with what PyTorch computes from the same weights.
 */
export async function checkModelExport(name: string, { web, checker }: ModelCheckOptions): Promise<ModelCheck[]> {
  const golden = goldenOf(name);
  const net = models.model(name).create({ seed: 0, ...goldenOptions[name] }) as AnyModule;
  fillModule(net, golden?.gamma);
  const shape = golden?.input ?? ownShape(net);
  const input = { data: fillInput('input', numElements(shape)), shape };
  const checks: ModelCheck[] = [];
  for (const fold of [true, false]) {
    // With an open batch size the file has to take another batch than that of the example.
    const inputShape = fold ? [1, ...shape.slice(1)] : shape;
    const runtimes = fold && web ? [onnxruntimeNode, onnxruntimeWeb] : [onnxruntimeNode];
    const result = await checkExport({
      net,
      options: { inputShape, fold, dynamicBatch: fold },
      input,
      runtimes,
      checker,
    });
    const fromTorch = golden && relativeError(result.output, golden.output.values);
    const near = [...result.errors.values()].every((error) => error <= allowed);
    const like = fromTorch === undefined || fromTorch <= tolerance(golden!.sensitivity, golden!.noise);
    checks.push({ ...result, fold, passed: near && like, ...(fromTorch !== undefined && { fromTorch }) });
  }
  net.dispose();
  return checks;
}
