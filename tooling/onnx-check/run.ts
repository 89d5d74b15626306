// pnpm check:onnx [--no-web] [MODEL ...]: exports models to ONNX and runs the files elsewhere; all models by default.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type AnyModule, chooseBackend, formatBytes, type InputSpec, isZooError, numElements } from '@zoo/core';
import { fillInput, fillModule, relativeError, tolerance } from '@zoo/testing';
import { backendRegistry } from '../backends.ts';
import { familyRegistry } from '../families.ts';
import { checkExport, type ExportResult } from './check-export.ts';
import { hasChecker, onnxruntimeNode, onnxruntimeWeb } from './runtimes.ts';

/** Relative distance from `net.predict` that a file may have. */
const allowed = 1e-4;

interface Golden {
  gamma: [number, number];
  input: number[];
  sensitivity: number;
  noise: number;
  output: { values: number[] };
}

const goldenOptions: Readonly<Record<string, object>> = {
  googlenet: { transformInput: true },
  inception_v3: { transformInput: true },
};

const registry = familyRegistry();

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

const describe = ({ ops, bytes, errors }: ExportResult): string => {
  const counts = [...ops].sort(([, a], [, b]) => b - a).map(([op, count]) => `${op} ${count}`);
  const distances = [...errors].map(([runtime, error]) => `${runtime} ${error.toExponential(1)}`);
  return `${formatBytes(bytes)}; ${distances.join(', ')}; ${counts.join(', ')}`;
};

async function checkOne(name: string, web: boolean, checker: boolean): Promise<boolean> {
  const golden = goldenOf(name);
  const net = registry.model(name).create({ seed: 0, ...goldenOptions[name] }) as AnyModule;
  fillModule(net, golden?.gamma);
  const shape = golden?.input ?? ownShape(net);
  const input = { data: fillInput('input', numElements(shape)), shape };
  const runtimes = web ? [onnxruntimeNode, onnxruntimeWeb] : [onnxruntimeNode];
  let good = true;
  for (const fold of [true, false]) {
    // The batch of the example is another than that of the input: the file has to take both.
    const inputShape = fold ? [1, ...shape.slice(1)] : shape;
    const options = { inputShape, fold, dynamicBatch: fold };
    const result = await checkExport({ net, options, input, runtimes: fold ? runtimes : [onnxruntimeNode], checker });
    const fromTorch = golden && relativeError(result.output, golden.output.values);
    const passed =
      [...result.errors.values()].every((error) => error <= allowed) &&
      (fromTorch === undefined || fromTorch <= tolerance(golden!.sensitivity, golden!.noise));
    good &&= passed;
    const torch = fromTorch === undefined ? '' : `; PyTorch ${fromTorch.toExponential(1)}`;
    console.log(`${passed ? 'ok  ' : 'FAIL'} ${name}${fold ? '' : ' unfolded'}: ${describe(result)}${torch}`);
  }
  net.dispose();
  return good;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { web: { type: 'boolean', default: true }, backend: { type: 'string', default: 'wasm' } },
    allowPositionals: true,
    allowNegative: true,
  });
  await chooseBackend({ registry: backendRegistry(), only: values.backend });
  const checker = hasChecker();
  if (!checker) console.log("Not asked: Python's onnx.checker (install python3-onnx)");
  const names = positionals.length > 0 ? positionals : registry.listModels();
  let failed = 0;
  for (const name of names) {
    try {
      if (!(await checkOne(name, values.web, checker))) failed++;
    } catch (error) {
      console.log(`FAIL ${name}: ${error instanceof Error ? error.message : String(error)}`);
      failed++;
    }
  }
  console.log(`${names.length - failed} of ${names.length} models exported right`);
  return failed > 0 ? 1 : 0;
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(isZooError(error) ? error.message : error);
  return 1;
});
