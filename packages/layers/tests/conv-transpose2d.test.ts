import { gradCheck, relativeError } from '@zoo/testing';
import { describe, expect, test } from 'vitest';
import { ConvTranspose2d, convTranspose2d } from '../src/index.ts';
import { naiveConvTranspose2d, toTensor, values } from './naive.ts';

type Pair = [number, number];
interface Case {
  channels?: Pair;
  kernel?: Pair;
  stride?: Pair;
  padding?: Pair;
  outputPadding?: Pair;
  dilation?: Pair;
  groups?: number;
}

const cases: Record<string, Case> = {
  plain: {},
  'stride, padding, output padding': { stride: [2, 3], padding: [1, 0], outputPadding: [1, 2] },
  'output padding below padding': { stride: [3, 3], padding: [2, 2], outputPadding: [1, 1] },
  'two groups': { channels: [4, 6], groups: 2, stride: [2, 2], padding: [1, 1] },
  'depthwise groups': { channels: [3, 3], groups: 3, stride: [2, 2] },
  'dilation and stride': { dilation: [2, 3], stride: [2, 2], padding: [1, 2] },
  'output padding allowed by dilation only': { dilation: [2, 2], outputPadding: [1, 1] },
  'kernel smaller than the stride': { kernel: [1, 2], stride: [2, 3], outputPadding: [1, 0] },
};

function setup(given: Case) {
  const { channels = [2, 3], kernel = [3, 3], stride = [1, 1], padding = [0, 0], groups = 1 } = given;
  const { outputPadding = [0, 0], dilation = [1, 1] } = given;
  const size: Pair = [3, 4];
  const x = values('x', [2, ...size, channels[0]]);
  const weight = values('weight', [...kernel, channels[1] / groups, channels[0]]);
  const along = (axis: 0 | 1) =>
    (size[axis] - 1) * stride[axis] - 2 * padding[axis] + dilation[axis] * (kernel[axis] - 1) + outputPadding[axis] + 1;
  const window = { stride, padding, dilation, groups };
  return { x, weight, output: [along(0), along(1)] as Pair, window, options: { ...window, outputPadding } };
}

describe('convTranspose2d', () => {
  test.each(Object.entries(cases))('%s is the adjoint of a convolution', async (_, given) => {
    const { x, weight, output, window, options } = setup(given);
    const y = convTranspose2d(toTensor(x), toTensor(weight), options);
    expect(y.shape).toEqual([2, ...output, weight.shape[2]! * window.groups]);
    expect(relativeError(await y.data(), naiveConvTranspose2d(x, weight, output, window))).toBeLessThan(1e-5);
  });

  test.each(Object.entries(cases))('%s has both gradients', async (_, given) => {
    const { x, weight, options } = setup(given);
    const [input, kernel] = [toTensor(x), toTensor(weight)];
    await gradCheck((t) => convTranspose2d(t, kernel, options), input);
    await gradCheck((t) => convTranspose2d(input, t, options), kernel);
  });
});

describe('ConvTranspose2d', () => {
  test('weight is [in, out / groups, kh, kw], as in PyTorch', () => {
    const layer = new ConvTranspose2d(4, 6, [3, 5], { groups: 2 });
    expect(Array.from(layer.stateEntries(), ([name, entry]) => [name, entry.shape])).toEqual([
      ['weight', [4, 3, 3, 5]],
      ['bias', [6]],
    ]);
  });

  test('multiply-adds count by input pixel', () => {
    const layer = new ConvTranspose2d(4, 6, 4, { stride: 2, padding: 1 });
    expect(layer.summary([1, 5, 5, 4]).multiplyAdds).toBe(5 * 5 * 4 * 16 * 6);
  });

  test('output padding as large as the stride is refused', () => {
    expect(() => new ConvTranspose2d(1, 1, 3, { stride: 2, outputPadding: 2 })).toThrow(
      'outputPadding must be smaller',
    );
  });
});
