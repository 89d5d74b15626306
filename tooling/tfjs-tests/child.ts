/** Runs tfjs-core's specs on one backend in this process: `child.ts BACKEND stock|ours BUNDLE OUTPUT`. */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { TestBundle } from './bundle.ts';
import { watchDevices } from './device-errors.ts';
import { engines } from './engines.ts';
import type { SpecResult } from './results.ts';

interface JasmineResult {
  fullName: string;
  status: string;
  failedExpectations: { message: string }[];
}

interface JasmineEnv {
  configure(options: object): void;
  addReporter(reporter: {
    specDone?(result: JasmineResult): void;
    suiteDone?(result: JasmineResult): void;
    jasmineDone?(result: { overallStatus: string; failedExpectations: { message: string }[] }): void;
  }): void;
  afterEach(fn: () => Promise<void>): void;
  execute(): void;
}

interface Jasmine {
  DEFAULT_TIMEOUT_INTERVAL: number;
  getEnv(): JasmineEnv;
}

const [backend = '', kind = '', bundle = '', output = ''] = process.argv.slice(2);
const engine = engines[backend]!;
const require = createRequire(import.meta.url);

// Some specs draw numbers and test their distribution; a fixed stream makes a run repeat.
let state = 1;
Math.random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};

const devices = watchDevices();
const jasmineCore = require('jasmine-core') as { boot(core: unknown): Jasmine };
const jasmine = jasmineCore.boot(jasmineCore);
jasmine.DEFAULT_TIMEOUT_INTERVAL = engine.specTimeoutMs;
const env = jasmine.getEnv();
// One order, so that a spec's number among its namesakes is stable.
env.configure({ random: false });

const plugin = kind === 'stock' ? undefined : await engine.ours();
if (plugin) await plugin.init();
else await engine.stock();

const { setTestEnvs, loadTests } = require(bundle) as TestBundle;
const { backendName, flags, isDataSync } = engine;
setTestEnvs([{ name: backend, backendName, flags, isDataSync }]);
env.afterEach(async () => {
  const errors = await devices.settle();
  // A backend that keeps its first error would fail every spec after this one.
  await plugin?.checkErrors?.().catch((error: Error) => errors.push(error.message));
  if (errors.length > 0) throw new Error(`uncaptured WebGPU error: ${errors.join('\n')}`);
});
await loadTests();

const results: SpecResult[] = [];
const seen = new Map<string, number>();

function record(name: string, status: SpecResult['status'], messages: string[]): void {
  const count = (seen.get(name) ?? 0) + 1;
  seen.set(name, count);
  results.push({ name: count === 1 ? name : `${name} #${count}`, status, messages });
}

env.addReporter({
  specDone: ({ fullName, status, failedExpectations }) => {
    const known = status === 'passed' || status === 'failed' ? status : 'skipped';
    record(
      fullName,
      known,
      failedExpectations.map((expectation) => expectation.message),
    );
  },
  suiteDone: ({ fullName, failedExpectations }) => {
    const messages = failedExpectations.map((expectation) => expectation.message);
    if (messages.length > 0) record(`${fullName} (set-up or tear-down)`, 'failed', messages);
  },
  jasmineDone: async ({ failedExpectations }) => {
    const late = await devices.settle();
    const messages = [...failedExpectations.map((expectation) => expectation.message), ...late];
    if (messages.length > 0) record('(outside any spec)', 'failed', messages);
    writeFileSync(output, JSON.stringify(results));
    // Devices and worker threads of a backend may keep the process alive.
    process.exit(0);
  },
});
env.execute();
