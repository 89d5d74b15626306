/**
 * Runs tfjs-core's own jasmine specs against the workspace's backends and compares with the committed lists.
 *
 *   pnpm test:tfjs [--backend cpu|wasm|webgpu|ort|tensorflow|all] [--stock] [--update]
 *
 * --stock runs the unmodified tfjs backend and compares with `stock/`; --update rewrites the list instead of comparing.
 */
import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundleTests } from './bundle.ts';
import { compareWithBaseline, compareWithLists } from './compare.ts';
import { engines } from './engines.ts';
import { groupByReason } from './reasons.ts';
import { readBaseline, readExpected, type SpecResult, toBaseline, writeBaseline, writeExpected } from './results.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const cache = join(root, '.cache/tfjs-tests');
const required = [
  ...(process.env['CI'] === 'true' ? ['cpu', 'wasm', 'webgpu'] : []),
  ...(process.env['ZOO_REQUIRE_TFJS_NODE'] ? ['tensorflow'] : []),
];

const { values: options } = parseArgs({
  options: {
    backend: { type: 'string', default: 'all' },
    stock: { type: 'boolean', default: false },
    update: { type: 'boolean', default: false },
  },
});
if (options.backend !== 'all' && !(options.backend in engines)) {
  console.error(`Unknown backend '${options.backend}'. Known: all, ${Object.keys(engines).join(', ')}.`);
  process.exit(2);
}

/** The specs of one process share one engine, so every backend gets a process of its own. */
async function runChild(backend: string, bundle: string, env: Record<string, string>): Promise<SpecResult[]> {
  const kind = options.stock ? 'stock' : 'ours';
  const output = join(cache, `${backend}-${kind}.json`);
  const log = join(cache, `${backend}-${kind}.log`);
  rmSync(output, { force: true });
  const args = ['--import', 'tsx', '--conditions=@zoo/source', join(root, 'tooling/tfjs-tests/child.ts')];
  const child = spawn(process.execPath, [...args, backend, kind, bundle, output], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stream = createWriteStream(log);
  child.stdout.pipe(stream);
  child.stderr.pipe(stream, { end: false });
  const code = await new Promise((done) => child.on('close', done));
  if (!existsSync(output)) {
    const tail = readFileSync(log, 'utf8').trim().split('\n').slice(-30).join('\n');
    throw new Error(
      `${backend}: the process ended with ${code} before the specs did; last lines of ${relative(root, log)}:\n${tail}`,
    );
  }
  return JSON.parse(readFileSync(output, 'utf8')) as SpecResult[];
}

/** Returns whether all is as the lists say. */
async function check(backend: string, bundle: string): Promise<boolean> {
  const environment = engines[backend]!.environment();
  if ('missing' in environment) {
    console.log(`${backend}: SKIPPED, ${environment.missing}`);
    return !required.includes(backend);
  }
  const start = performance.now();
  const results = await runChild(backend, bundle, environment.env);
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  const run = toBaseline(results);
  let problems: string[] = [];
  if (options.stock) {
    if (options.update) writeBaseline(backend, run);
    else problems = compareWithBaseline(run, readBaseline(backend));
  } else if (options.update) {
    const { expected, unexplained } = groupByReason(results, readExpected(backend));
    writeExpected(backend, expected);
    problems = unexplained.map(({ name, messages }) => `no reason known for: ${name}\n    ${messages[0]}`);
  } else {
    problems = compareWithLists(run, readBaseline(backend), readExpected(backend));
  }
  for (const problem of problems) console.log(`${backend}: ${problem}`);
  const summary = `${run.passed} passed, ${run.failed.length} failed, ${run.skipped} skipped`;
  const verdict = problems.length === 0 ? 'as listed' : 'NOT as listed';
  console.log(`${backend}${options.stock ? ' (stock)' : ''}: ${verdict} (${seconds} s): ${summary}`);
  return problems.length === 0;
}

mkdirSync(cache, { recursive: true });
const bundle = await bundleTests();
const chosen = options.backend === 'all' ? Object.keys(engines) : [options.backend];
let ok = true;
for (const backend of chosen) {
  try {
    ok = (await check(backend, bundle)) && ok;
  } catch (error) {
    ok = false;
    console.log(error instanceof Error ? error.message : error);
    console.log(`${backend}: 0 passed, 1 failed, 0 skipped`);
  }
}
process.exitCode = ok ? 0 : 1;
