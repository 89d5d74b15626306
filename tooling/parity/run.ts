// pnpm parity [--backend NAME] [FILE|NAME ...]: compares this library with golden values from PyTorch.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chooseBackend, isZooError, unknownName } from '@zoo/core';
import { backendRegistry } from '../backends.ts';
import { familyRegistry } from '../families.ts';
import { type Check, formatCheck, passed } from './check.ts';
import { checkLayer, type LayerCase } from './layers.ts';
import { checkLosses, type LossFile } from './losses.ts';
import { checkEval, checkTrain, type EvalCase, type TrainCase } from './models.ts';
import { checkOptimizers, type OptimizerFile } from './optimizers.ts';
import { checkTransforms, isTransformFile, type TransformFile } from './transforms.ts';

type GoldenFile = EvalCase | TrainCase | LossFile | OptimizerFile | TransformFile | { cases: LayerCase[] };

const folder = fileURLToPath(new URL('../../packages/testing/fixtures/parity/', import.meta.url));
const registry = familyRegistry();

function resolveFile(name: string): string {
  if (existsSync(name)) return name;
  const known = readdirSync(folder).map((file) => basename(file, '.json'));
  const stem = basename(name, '.json');
  if (!known.includes(stem)) throw unknownName('golden file', name, known);
  return join(folder, `${stem}.json`);
}

/** Each thunk is one case; an error in one does not keep the others from running. */
function casesOf(golden: GoldenFile): Array<{ name: string; run: () => Promise<Check[]> }> {
  if (isTransformFile(golden)) return [{ name: 'transforms', run: async () => checkTransforms(golden) }];
  if ('mode' in golden) {
    const run = () => (golden.mode === 'eval' ? checkEval(golden, registry) : checkTrain(golden, registry));
    return [{ name: `${golden.arch} ${golden.mode}`, run }];
  }
  if ('optimizers' in golden) return [{ name: 'optimizers', run: () => checkOptimizers(golden) }];
  if ('logits' in golden) return [{ name: 'losses', run: () => checkLosses(golden) }];
  return golden.cases.map((layer) => ({ name: layer.layer, run: () => checkLayer(layer) }));
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { backend: { type: 'string', default: 'wasm' } },
    allowPositionals: true,
  });
  const files =
    positionals.length > 0 ? positionals.map(resolveFile) : readdirSync(folder).map((file) => join(folder, file));
  await chooseBackend({ registry: backendRegistry(), only: values.backend });
  let failed = 0;
  let total = 0;
  for (const file of files) {
    console.log(`${basename(file, '.json')} on ${values.backend}`);
    for (const { name, run } of casesOf(JSON.parse(readFileSync(file, 'utf8')) as GoldenFile)) {
      let checks: Check[];
      try {
        checks = await run();
      } catch (error) {
        console.log(`  FAIL ${name}: ${error instanceof Error ? error.message : String(error)}`);
        total++;
        failed++;
        continue;
      }
      for (const check of checks) {
        total++;
        if (!passed(check)) failed++;
        console.log(`  ${formatCheck(check)}`);
      }
    }
  }
  console.log(`${total - failed} passed, ${failed} failed`);
  return failed > 0 || total === 0 ? 1 : 0;
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(isZooError(error) ? error.message : error);
  return 1;
});
