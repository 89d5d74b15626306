// pnpm test:onnx [--no-web] [MODEL ...]: exports models to ONNX and runs the files elsewhere; all models by default.
import { parseArgs } from 'node:util';
import { chooseBackend, formatBytes, isZooError } from '@zoo/core';
import { backendRegistry } from '../backends.ts';
import { checkModelExport, type ModelCheck, models } from './check-model.ts';
import { hasChecker } from './runtimes.ts';

function describe(name: string, { passed, fold, ops, bytes, errors, fromTorch }: ModelCheck): string {
  const counts = [...ops].sort(([, a], [, b]) => b - a).map(([op, count]) => `${op} ${count}`);
  const distances = [...errors].map(([runtime, error]) => `${runtime} ${error.toExponential(1)}`);
  if (fromTorch !== undefined) distances.push(`PyTorch ${fromTorch.toExponential(1)}`);
  const title = `${passed ? 'ok  ' : 'FAIL'} ${name}${fold ? '' : ' unfolded'}`;
  return `${title}: ${formatBytes(bytes)}; ${distances.join(', ')}; ${counts.join(', ')}`;
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
  const names = positionals.length > 0 ? positionals : models.listModels();
  let failed = 0;
  for (const name of names) {
    try {
      const checks = await checkModelExport(name, { web: values.web, checker });
      for (const check of checks) console.log(describe(name, check));
      if (!checks.every((check) => check.passed)) failed++;
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
