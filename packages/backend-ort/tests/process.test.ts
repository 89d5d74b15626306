import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'zoo-ort-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const home = join(folder, 'home');
const cwd = join(folder, 'work');
beforeEach(() => {
  for (const path of [home, cwd]) {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path);
  }
});

const { ORT_DISABLE_TELEMETRY: _, XDG_CACHE_HOME: __, ...environment } = process.env;

const node = ['--import', import.meta.resolve('tsx'), '--conditions=@zoo/source'];
const program = fileURLToPath(new URL('first-run.ts', import.meta.url));

function run(args: readonly string[], env: Record<string, string> = {}, folder = cwd) {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [...node, program, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...environment, HOME: home, ...env },
  });
  return { status, signal, stdout, stderr };
}

const right = { status: 0, signal: null, stdout: '6\n', stderr: '' };
const written = () => [home, cwd].flatMap((path) => readdirSync(path, { encoding: 'utf8', recursive: true }));

describe('the process that uses ONNX Runtime', () => {
  const ways = ['backend', 'background', 'addon', 'worker', 'worker-addon'];

  it.each(ways)('may have a long command line, and nothing is written: %s', (way) => {
    // 1.29 and later end with a segmentation fault after some 8,000 characters, unless their telemetry is off.
    expect(run([way, 'x'.repeat(100_000)], { ORT_DISABLE_TELEMETRY: '0' })).toEqual(right);
    expect(written()).toEqual([]);
  });

  it('may have 10,000 arguments', () => {
    expect(run(['backend', ...Array.from({ length: 10_000 }, (_value, i) => `image-${i}.png`)])).toEqual(right);
    expect(written()).toEqual([]);
  });

  it('may be without koffi, but not in a worker thread, which cannot see to it then', () => {
    const hook = join(folder, 'no-koffi.cjs');
    writeFileSync(
      hook,
      `const loader = require('node:module');
       const resolve = loader._resolveFilename;
       loader._resolveFilename = (name, ...rest) => {
         if (name === 'koffi') throw new Error('no koffi');
         return resolve(name, ...rest);
       };`,
    );
    const without = { NODE_OPTIONS: `--require ${hook}` };
    const long = 'x'.repeat(100_000);
    expect(run(['backend', long], without)).toEqual(right);
    const refused = run(['worker', long], without);
    expect(refused).toMatchObject({ status: 1, signal: null, stdout: '' });
    expect(refused.stderr).toMatch(
      /telemetry cannot be switched off from a worker thread without koffi; set ORT_DISABLE/,
    );
    expect(run(['worker', long], { ...without, ORT_DISABLE_TELEMETRY: '1' })).toEqual(right);
    expect(written()).toEqual([]);
  });
});

describe('finding ONNX Runtime', () => {
  /** A package that writes a file where it is loaded. */
  function plant(at: string): string {
    const planted = join(at, 'onnxruntime-node');
    const place = join(planted, 'bin/napi-v6', process.platform, process.arch);
    mkdirSync(place, { recursive: true });
    mkdirSync(join(planted, 'dist'));
    const main = 'dist/index.js';
    writeFileSync(join(planted, 'package.json'), JSON.stringify({ name: 'onnxruntime-node', version: '1.30.0', main }));
    const code = `require('node:fs').writeFileSync(${JSON.stringify(join(cwd, 'ran'))}, '');`;
    for (const file of ['index.js', 'binding.js']) writeFileSync(join(planted, 'dist', file), code);
    for (const file of ['libonnxruntime.so.1', 'onnxruntime_binding.node']) writeFileSync(join(place, file), 'planted');
    return planted;
  }

  it('does not look into the working folder or above it', () => {
    plant(join(cwd, 'node_modules'));
    const inner = join(cwd, 'inner');
    mkdirSync(inner);
    expect(run(['backend'], {}, cwd)).toEqual(right);
    expect(run(['backend'], {}, inner)).toEqual(right);
    expect(run(['addon'], {}, inner)).toEqual(right);
    expect(readdirSync(cwd).sort()).toEqual(['inner', 'node_modules']);
  });

  it('takes the folder that ZOO_ONNXRUNTIME_NODE names, and says where nothing is', () => {
    const chosen = run(['backend'], { ZOO_ONNXRUNTIME_NODE: plant(join(cwd, 'node_modules')) });
    expect(chosen.stderr).toMatch(/the C interface cannot be called/);
    const nowhere = run(['backend'], { ZOO_ONNXRUNTIME_NODE: home });
    expect(nowhere.stderr).toContain(`ZOO_ONNXRUNTIME_NODE=${home} does not hold onnxruntime-node`);
  });
});
