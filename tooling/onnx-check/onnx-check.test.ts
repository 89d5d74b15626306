import { expect, it } from 'vitest';
import { checkModelExport } from './check-model.ts';
import { hasChecker } from './runtimes.ts';

const checker = hasChecker();

// The light ones; `pnpm test:onnx` takes all.
const names = [
  'linear_regression',
  'softmax_regression',
  'mlp',
  'lenet5',
  'lenet_bn',
  'densenet_d2l',
  'densenet_d2l_maxhead',
];

it.each(names)('%s gives the same in ONNX Runtime as here and in PyTorch', async (name) => {
  const checks = await checkModelExport(name, { web: name === 'lenet_bn', checker: false });
  expect(checks).toHaveLength(2);
  for (const { fold, errors, fromTorch, passed, ops } of checks) {
    expect(passed, JSON.stringify({ fold, errors: [...errors], fromTorch })).toBe(true);
    expect([...ops.keys()]).not.toContain('Transpose');
  }
});

it.skipIf(!checker)('satisfies onnx.checker (needs python3-onnx)', async () => {
  const checks = await checkModelExport('lenet_bn', { web: false, checker });
  expect(checks.every(({ passed }) => passed)).toBe(true);
});
