/**
 * Builds @tensorflow/tfjs-node and @tensorflow/tfjs-node-gpu without their install scripts (those download binaries that
 * no longer exist for current systems): libtensorflow and its headers come out of the `tensorflow_cpu` wheel, the addon is
 * compiled from the packages' own C++ sources. Everything lands in `.cache/tfjs-node/`; running it again does only what is
 * missing. Both packages get the CPU library: the GPU package's code runs, on the CPU.
 *
 * tsx tooling/tfjs-node/build-binding.ts [--force]
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const TENSORFLOW = '2.21.0';
const HEADERS = [
  'tensorflow/c/c_api.h',
  'tensorflow/c/c_api_macros.h',
  'tensorflow/c/tf_attrtype.h',
  'tensorflow/c/tf_buffer.h',
  'tensorflow/c/tf_datatype.h',
  'tensorflow/c/tf_status.h',
  'tensorflow/c/tf_tensor.h',
  'tensorflow/c/tf_tstring.h',
  'tensorflow/c/eager/c_api.h',
  'tensorflow/core/platform/ctstring.h',
  'tensorflow/core/platform/ctstring_internal.h',
  'tsl/platform/ctstring.h',
  'tsl/platform/ctstring_internal.h',
  'xla/tsl/c/tsl_status.h',
];
const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
const PACKAGES = ['tfjs-node', 'tfjs-node-gpu'];

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const cache = join(root, '.cache/tfjs-node');
const deps = join(cache, 'deps');

const show = (path: string): string => relative(root, path) || '.';

/** Stops without failing: this leg is optional, and the reason must be seen. */
function skip(reason: string): never {
  console.log(`SKIPPED tfjs-node: ${reason}`);
  process.exit(process.env['ZOO_REQUIRE_TFJS_NODE'] ? 1 : 0);
}

function run(command: string, args: string[]): { ok: boolean; output: string } {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  return { ok: status === 0, output: `${stdout ?? ''}${stderr ?? ''}${error ? error.message : ''}` };
}

function firstWorking(commands: string[], args: string[] = ['--version']): string | undefined {
  return commands.find((command) => run(command, args).ok);
}

function fetchLibrary(python: string): void {
  if (
    [...LIBRARIES.map((l) => join(deps, 'lib', l)), ...HEADERS.map((h) => join(deps, 'include', h))].every(existsSync)
  ) {
    console.log(`libtensorflow ${TENSORFLOW}: in ${show(deps)}`);
    return;
  }
  const wheels = join(cache, 'wheel');
  mkdirSync(wheels, { recursive: true });
  const target = ['--python-version', '3.11', '--implementation', 'cp', '--abi', 'cp311', '--only-binary=:all:'];
  const platform = ['--platform', 'manylinux_2_27_x86_64'];
  console.log(`pip download tensorflow_cpu==${TENSORFLOW} (about 260 MB) ...`);
  const pip = [
    '-m',
    'pip',
    'download',
    '--no-deps',
    '--disable-pip-version-check',
    '-d',
    wheels,
    ...target,
    ...platform,
  ];
  const download = run(python, [...pip, `tensorflow_cpu==${TENSORFLOW}`]);
  const wheel = readdirSync(wheels).find((name) => name.startsWith(`tensorflow_cpu-${TENSORFLOW}`));
  if (!download.ok || !wheel) {
    skip(`pip cannot download tensorflow_cpu ${TENSORFLOW} (cp311, manylinux x86_64):\n${download.output.trim()}`);
  }
  // The wheel is one zip; only 2 libraries and 14 headers of it are wanted.
  const extract = `
import sys, zipfile, os, shutil
wheel, deps, libs, headers = sys.argv[1], sys.argv[2], sys.argv[3].split(','), sys.argv[4].split(',')
pairs = [('tensorflow/' + n, 'lib/' + n) for n in libs] + [('tensorflow/include/' + n, 'include/' + n) for n in headers]
with zipfile.ZipFile(wheel) as z:
    for source, name in pairs:
        path = os.path.join(deps, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with z.open(source) as i, open(path + '.part', 'wb') as o: shutil.copyfileobj(i, o, 1 << 20)
        os.replace(path + '.part', path)
`;
  const unpack = run(python, ['-c', extract, join(wheels, wheel), deps, LIBRARIES.join(), HEADERS.join()]);
  if (!unpack.ok) throw new Error(`Cannot unpack ${show(join(wheels, wheel))}: ${unpack.output}`);
  rmSync(wheels, { recursive: true });
}

function linkLibraries(): void {
  const lib = join(deps, 'lib');
  for (const [link, target] of [
    ['libtensorflow.so', 'libtensorflow_cc.so.2'],
    ['libtensorflow_framework.so', 'libtensorflow_framework.so.2'],
  ] as const) {
    rmSync(join(lib, link), { force: true });
    symlinkSync(target, join(lib, link));
  }
}

function nodeHeaders(): string {
  const candidates = [
    process.env['NODE_HEADERS'],
    join(dirname(dirname(realpathSync(process.execPath))), 'include/node'),
  ];
  const found = candidates.find((dir) => dir !== undefined && existsSync(join(dir, 'node_api.h')));
  return found ?? skip(`no node_api.h next to ${process.execPath}; set NODE_HEADERS to the folder that has it`);
}

/** Copies the installed package, so that what pnpm manages stays untouched, and links what it depends on. */
function stagePackage(name: string): string {
  const require = createRequire(join(root, 'packages/backend-cuda/package.json'));
  let installed: string;
  try {
    installed = dirname(realpathSync(require.resolve(`@tensorflow/${name}/package.json`)));
  } catch {
    skip(`@tensorflow/${name} is not installed; run pnpm install`);
  }
  const modules = join(cache, 'node_modules');
  const target = join(modules, '@tensorflow', name);
  if (!existsSync(target)) {
    const part = `${target}.part`;
    rmSync(part, { recursive: true, force: true });
    cpSync(installed, part, { recursive: true });
    renameSync(part, target);
  }
  const siblings = resolve(installed, '../..');
  for (const entry of readdirSync(siblings)) {
    const names = entry.startsWith('@') ? readdirSync(join(siblings, entry)).map((n) => `${entry}/${n}`) : [entry];
    for (const dependency of names) {
      const link = join(modules, dependency);
      if (dependency.startsWith('@tensorflow/tfjs-node')) continue;
      mkdirSync(dirname(link), { recursive: true });
      if (lstatSync(link, { throwIfNoEntry: false })) rmSync(link);
      symlinkSync(realpathSync(join(siblings, dependency)), link);
    }
  }
  const depsLink = join(target, 'deps');
  if (!lstatSync(depsLink, { throwIfNoEntry: false })) symlinkSync(relative(target, deps), depsLink);
  return target;
}

function compile(options: { compiler: string; folder: string; headers: string }): void {
  const { compiler, folder, headers } = options;
  const addon = join(folder, 'lib/napi-v8/tfjs_binding.node');
  mkdirSync(dirname(addon), { recursive: true });
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => join(folder, 'binding', file));
  const flags = ['-O2', '-fPIC', '-shared', '-std=c++17', '-w', '-DNAPI_VERSION=8', '-DBUILDING_NODE_EXTENSION'];
  const includes = ['-I', headers, '-I', join(deps, 'include'), '-I', folder];
  const link = ['-L', join(deps, 'lib'), '-ltensorflow', '-ltensorflow_framework', '-Wl,-rpath,$ORIGIN/../../deps/lib'];
  const { ok, output } = run(compiler, [...flags, ...includes, ...sources, ...link, '-o', addon]);
  if (!ok) throw new Error(`${compiler} failed on ${show(folder)}:\n${output}`);
}

function smokeTest(folder: string): string {
  const script = `
const util = require('node:util');
util.isNullOrUndefined ??= (v) => v == null;
util.isArray ??= Array.isArray;
const tf = require(process.argv[1]);
tf.matMul([[1, 2]], [[3], [4]]).data().then(([v]) => {
  if (v !== 11) throw new Error('1*3 + 2*4 gave ' + v);
  console.log('libtensorflow ' + tf.backend().binding.TF_Version);
});`;
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3' };
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', script, folder], { encoding: 'utf8', env });
  if (status !== 0) throw new Error(`${show(folder)} was built but does not run:\n${stderr}`);
  return stdout.trim();
}

if (process.platform !== 'linux' || process.arch !== 'x64') {
  skip(`the tensorflow_cpu wheel used here is for Linux x64, this is ${process.platform} ${process.arch}`);
}
if (process.argv.includes('--force')) rmSync(cache, { recursive: true, force: true });
const python =
  firstWorking(['python3', '/usr/bin/python3', 'python'], ['-m', 'pip', '--version']) ??
  skip('no python3 with pip, which downloads libtensorflow; on Debian: sudo apt-get install python3-pip');
const compiler =
  firstWorking([process.env['CXX'] ?? 'g++', 'clang++']) ??
  skip('no C++ compiler (g++, clang++ or $CXX); on Debian: sudo apt-get install g++');
const headers = nodeHeaders();

fetchLibrary(python);
linkLibraries();
for (const name of PACKAGES) {
  const folder = stagePackage(name);
  if (!existsSync(join(folder, 'lib/napi-v8/tfjs_binding.node'))) compile({ compiler, folder, headers });
  console.log(`@tensorflow/${name}: ${smokeTest(folder)}, in ${show(folder)}`);
}
console.log(`Use it with ZOO_TFJS_NODE=${show(join(cache, 'node_modules/@tensorflow/tfjs-node'))}`);
