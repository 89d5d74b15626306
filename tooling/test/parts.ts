import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { allowedEdges } from '../check/edges.ts';
import { readRules } from '../check/rules.ts';
import { bin, root, workspacePackages } from '../workspace.ts';
import { type Counts, parseListedFailures, parseSummaryLines, parseVitestReport } from './counts.ts';
import { libtensorflowEnvironment, missing, type Prerequisite, webgpuEnvironment } from './prerequisites.ts';

/** One part of `pnpm test:run`. */
export interface TestPart {
  name: string;
  command: string[];
  env?: Record<string, string>;
  needs?: Prerequisite[];
  /** Reads the counts from the output; `undefined` when there are none in it. */
  parse(output: string): Counts | undefined;
}

function script(path: string, ...args: string[]): string[] {
  return [bin('tsx'), '--conditions=@zoo/source', join(root, path), ...args];
}

/** What an engine needs to run here. */
function needsOf(backend: string): Pick<TestPart, 'env' | 'needs'> {
  if (backend === 'webgpu') return { env: webgpuEnvironment(), needs: ['software-webgpu'] };
  if (backend === 'tensorflow') return { env: libtensorflowEnvironment(), needs: ['libtensorflow'] };
  return {};
}

interface Variant {
  exclude?: string[];
  /** What sets this run apart from another one on the same engine. */
  variant?: { name: string; env: Record<string, string> };
}

function unitTests(backend: string, filters: string[], { exclude = [], variant }: Variant = {}): TestPart {
  const name = variant ? `${backend} ${variant.name}` : backend;
  const report = join(root, `.cache/test/vitest-${name.replaceAll(' ', '-')}.json`);
  rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  return {
    name: `unit tests on ${name}`,
    command: [bin('vitest'), 'run', ...reporters, ...exclude.map((path) => `--exclude=${path}**`), ...filters],
    parse: () => (existsSync(report) ? parseVitestReport(readFileSync(report, 'utf8')) : undefined),
    ...needsOf(backend),
    // The addon, where it was built, is tested beside whatever engine is current.
    env: {
      ...(missing('libtensorflow') ? {} : libtensorflowEnvironment()),
      ...needsOf(backend).env,
      ...variant?.env,
      ZOO_BACKEND: backend,
    },
  };
}

function parity(backend: string, ...files: string[]): TestPart {
  return {
    name: `parity with PyTorch on ${backend}`,
    command: script('tooling/parity/run.ts', '--backend', backend, ...files),
    parse: parseSummaryLines,
    ...needsOf(backend),
  };
}

function tfjsTests(backend: string): TestPart {
  return {
    name: `tfjs-core's own tests on ${backend}`,
    command: script('tooling/tfjs-tests/run.ts', '--backend', backend),
    parse: parseListedFailures,
    ...needsOf(backend),
  };
}

const foundation = ['layers', 'losses', 'optimizers', 'lenet5', 'lenet5_relu', 'lenet_maxpool', 'lenet_bn', 'lenet5_relu.train', 'lenet_bn.train']; // biome-ignore format: a list

/** At least one net of each family; `pnpm parity` without names runs all of them, which takes minutes. */
const architectures = ['alexnet', 'vgg11_d2l_small', 'nin', 'googlenet', 'inception_v3', 'googlenet_d2l', 'resnet18', 'resnet50', 'resnext50_32x4d', 'resnet18_d2l', 'densenet121', 'densenet_d2l', 'densenet_d2l_maxhead', 'densenet_cifar', 'resnet18.train', 'densenet121.train', 'googlenet.train', 'vgg11_bn.train', 'transforms']; // biome-ignore format: a list

/** Folders of the model families, `packages/vgg/` and so on. */
function familyFolders(): string[] {
  const rules = readRules();
  return workspacePackages()
    .filter((pkg) => allowedEdges(pkg, rules) === rules.family && pkg.path.startsWith('packages/'))
    .map(({ path }) => `${path}/`);
}

/**
 * Without a choice the families' tests run on ort, what most users in Node compute on; on WASM parity checks a net of each.
 * Layers, optimizers and the trainer run on both. `ZOO_BACKEND=ort` or a filter runs everything, or what it names, on one.
 */
function defaultUnitTests(): TestPart[] {
  const families = familyFolders();
  const numeric = ['losses', 'optimizers', 'trainer'].map((name) => `packages/train/tests/${name}.test.ts`);
  return [
    unitTests('wasm', [], { exclude: families }),
    unitTests('ort', [...families, 'packages/layers/tests/', ...numeric]),
  ];
}

/** Everything `npm test` runs, in this order; `filters` narrow the unit tests as Vitest's arguments do. */
export function testParts(filters: string[] = []): TestPart[] {
  const backend = process.env['ZOO_BACKEND'];
  return [
    ...(backend || filters.length > 0 ? [unitTests(backend || 'wasm', filters)] : defaultUnitTests()),
    parity('cpu', ...foundation),
    parity('wasm', ...foundation, ...architectures),
    parity('ort', ...foundation, 'resnet18', 'resnet18.train', 'densenet_d2l'),
    tfjsTests('cpu'),
    tfjsTests('wasm'),
    tfjsTests('ort'),
    { name: 'damaged and hostile files', command: script('tooling/fuzz/run.ts'), parse: parseSummaryLines },
    { name: 'packed packages', command: script('tooling/pack-test/run.ts'), parse: parseSummaryLines },
    {
      name: 'playground in Chromium',
      command: script('tooling/browser-test/run.ts'),
      parse: parseSummaryLines,
      needs: ['chromium'],
    },
  ];
}

/** What `.ci/run` tests on top: engines and peers that need more than npm. */
export function furtherParts(): TestPart[] {
  return [
    unitTests('webgpu', ['packages/backend-webgpu', 'packages/train/tests/checkpoint.test.ts']),
    parity('webgpu', 'layers'),
    tfjsTests('webgpu'),
    unitTests('tensorflow', ['packages/layers/tests']),
    // The kernels that libtensorflow has for processors without AVX-512.
    unitTests('tensorflow', ['packages/layers/tests/conv'], {
      variant: { name: 'without oneDNN', env: { TF_ENABLE_ONEDNN_OPTS: '0' } },
    }),
    parity('tensorflow', ...foundation),
    tfjsTests('tensorflow'),
    {
      name: 'round trip of weights with PyTorch',
      command: script('tooling/torch-roundtrip/run.ts', 'resnet18', 'densenet121'),
      parse: parseSummaryLines,
    },
    {
      name: 'transforms beside torchvision',
      command: script('tooling/transforms-compare/run.ts'),
      parse: parseSummaryLines,
    },
  ];
}
