import * as tf from '@tensorflow/tfjs-core';
import { fillInput, fillUniform, gradCheck, relativeError } from '@zoo/testing';
import { describe, expect, it } from 'vitest';
import { bceWithLogits, crossEntropy, l1, mse, nll, smoothL1 } from '../src/index.ts';
import { readGolden } from './golden.ts';

interface LossFile {
  labels: number[];
  cases: Record<string, { value: number; grad: number[]; labels?: number[][][] }>;
}
const golden = readGolden<LossFile>('losses');
const weight = Array.from(Float32Array.from(fillUniform('class_weight', 5), (u) => 0.5 + u));
const logits = () => tf.tensor2d(fillInput('input', 30), [6, 5]);
const target = () => tf.tensor2d(fillInput('target', 30), [6, 5]);
const labels = () => tf.tensor1d(golden.labels, 'int32');

const cases: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  cross_entropy: (x) => crossEntropy(x, labels()),
  cross_entropy_sum: (x) => crossEntropy(x, labels(), { reduction: 'sum' }),
  cross_entropy_weighted: (x) => crossEntropy(x, labels(), { weight }),
  'cross_entropy_smoothed_0.1': (x) => crossEntropy(x, labels(), { labelSmoothing: 0.1 }),
  cross_entropy_weighted_smoothed: (x) =>
    crossEntropy(x, labels(), { weight: tf.tensor1d(weight), labelSmoothing: 0.1 }),
  mse: (x) => mse(x, target()),
  l1: (x) => l1(x, target()),
  smooth_l1: (x) => smoothL1(x, target()),
  bce_with_logits: (x) => bceWithLogits(x, tf.sigmoid(target())),
  nll_of_log_softmax: (x) => nll(tf.logSoftmax(x), labels()),
};

async function check(name: string, f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor): Promise<void> {
  const { value, grad } = golden.cases[name]!;
  const result = tf.valueAndGrad((input) => f(input) as tf.Scalar)(x);
  expect(relativeError(await result.value.data(), [value])).toBeLessThan(1e-5);
  expect(relativeError(await result.grad.data(), grad)).toBeLessThan(1e-5);
}

const read = async (x: tf.Tensor): Promise<number[]> => Array.from(await x.data());

describe('losses equal PyTorch, value and gradient', () => {
  for (const [name, f] of Object.entries(cases)) it(name, () => check(name, f, logits()));

  it('segmentation_ignore_255, with channels last', async () => {
    const y = tf.tensor3d(golden.cases['segmentation_ignore_255']!.labels!, [2, 3, 3], 'int32');
    const x = tf.tensor4d(fillInput('input', 72), [2, 4, 3, 3]); // PyTorch's NCHW
    const f = (nchw: tf.Tensor) => crossEntropy(tf.transpose(nchw, [0, 2, 3, 1]), y, { ignoreIndex: 255 });
    await check('segmentation_ignore_255', f, x);
  });

  it('covers every golden case', () => {
    expect(Object.keys(golden.cases).sort()).toEqual([...Object.keys(cases), 'segmentation_ignore_255'].sort());
  });
});

describe('classification losses', () => {
  it('ignores a label that is a class, by value and gradient', async () => {
    const x = logits();
    const kept = [0, 5]; // rows whose label is not 1
    const rows = tf.gather(x, tf.tensor1d(kept, 'int32'));
    const y = tf.tensor1d(
      kept.map((i) => golden.labels[i]!),
      'int32',
    );
    const whole = crossEntropy(x, labels(), { ignoreIndex: 1, labelSmoothing: 0.1 });
    const present = golden.labels.flatMap((label, i) => (label === 1 ? [] : [i]));
    const part = crossEntropy(
      tf.gather(x, tf.tensor1d(present, 'int32')),
      tf.tensor1d(
        present.map((i) => golden.labels[i]!),
        'int32',
      ),
      { labelSmoothing: 0.1 },
    );
    expect(relativeError(await read(whole), await read(part))).toBeLessThan(1e-6);
    tf.dispose([rows, y]);
    const grad = await read(tf.grad((input) => crossEntropy(input, labels(), { ignoreIndex: 1 }))(x));
    golden.labels.forEach((label, i) => {
      const row = grad.slice(i * 5, i * 5 + 5);
      if (label === 1) expect(row.map(Math.abs)).toEqual([0, 0, 0, 0, 0]);
      else expect(row.some((g) => g !== 0)).toBe(true);
    });
  });

  it('returns one value per label without reduction', async () => {
    const x = logits();
    const each = crossEntropy(x, labels(), { reduction: 'none' });
    expect(each.shape).toEqual([6]);
    const mean = (await read(each)).reduce((a, b) => a + b) / 6;
    expect(mean).toBeCloseTo(golden.cases['cross_entropy']!.value, 5);
    await gradCheck((input) => crossEntropy(input, labels(), { reduction: 'none', weight }), x);
    await gradCheck((input) => nll(input, labels(), { reduction: 'none' }), x);
  });

  it('stays finite for scores that overflow exp', async () => {
    const x = tf.tensor2d([1e4, -1e4, 0, 3e38, -3e38, Number.NEGATIVE_INFINITY], [2, 3]);
    const y = tf.tensor1d([0, 0], 'int32');
    const { value, grad } = tf.valueAndGrad((input) => crossEntropy(input, y) as tf.Scalar)(x);
    expect(Math.abs((await read(value))[0]!)).toBe(0);
    expect((await read(grad)).map(Math.abs)).toEqual([0, 0, 0, 0, 0, 0]);
    const wrong = crossEntropy(tf.tensor2d([1e4, -1e4], [1, 2]), tf.tensor1d([1], 'int32'));
    expect(await read(wrong)).toEqual([2e4]);
  });

  it('is NaN for a label out of range instead of leaving it out', async () => {
    for (const label of [5, -1]) {
      const y = tf.tensor1d([0, 1, 2, 3, 4, label], 'int32');
      for (const reduction of ['mean', 'sum'] as const) {
        expect(await read(crossEntropy(logits(), y, { reduction }))).toEqual([Number.NaN]);
        expect(await read(nll(logits(), y, { reduction }))).toEqual([Number.NaN]);
      }
    }
  });

  it('is 0 for a single class, without a gradient', async () => {
    const [x, y] = [tf.tensor2d([1, 2], [2, 1]), tf.tensor1d([0, 0], 'int32')];
    for (const options of [{}, { labelSmoothing: 0.1 }, { weight: [2] }, { reduction: 'sum' as const }]) {
      const { value, grad } = tf.valueAndGrad((input) => crossEntropy(input, y, options) as tf.Scalar)(x);
      expect((await read(value)).map(Math.abs)).toEqual([0]);
      expect((await read(grad)).map(Math.abs)).toEqual([0, 0]);
    }
    expect(await read(crossEntropy(x, tf.tensor1d([0, 1], 'int32')))).toEqual([Number.NaN]);
    expect(await read(nll(x, y))).toEqual([-1.5]);
  });

  it('has no gradient where every label is ignored, though the mean is NaN', async () => {
    const y = tf.tensor1d([1, 1], 'int32');
    const loss = (input: tf.Tensor) => crossEntropy(input, y, { ignoreIndex: 1 }) as tf.Scalar;
    const { value, grad } = tf.valueAndGrad(loss)(tf.tensor2d([1, 2, 3, 4], [2, 2]));
    expect(await read(value)).toEqual([Number.NaN]);
    expect((await read(grad)).map(Math.abs)).toEqual([0, 0, 0, 0]);
  });

  it('names what does not fit', () => {
    const x = logits();
    expect(() => crossEntropy(x, tf.tensor1d([0, 1], 'int32'))).toThrow(/\[6, 5\] and \[2\]/);
    expect(() => crossEntropy(x, tf.tensor1d([0, 1, 2, 3, 4, 0], 'float32'))).toThrow(/int32 labels/);
    expect(() => crossEntropy(x, labels(), { weight: [1, 2] })).toThrow(/2 entries for 5 classes/);
    expect(() => crossEntropy(x, labels(), { labelSmoothing: 2 })).toThrow(/labelSmoothing/);
    expect(() => crossEntropy(x, labels(), { label_smoothing: 0.1 } as never)).toThrow(/Did you mean 'labelSmoothing'/);
    expect(() => crossEntropy(x, labels(), { reduction: 'avg' as never })).toThrow(/reduction/);
  });

  it('leaves nothing but the result', () => {
    const [x, y] = [logits(), labels()];
    const before = tf.memory().numTensors;
    crossEntropy(x, y, { weight, labelSmoothing: 0.1 }).dispose();
    nll(x, y).dispose();
    mse(x, x).dispose();
    smoothL1(x, x).dispose();
    bceWithLogits(x, x, { posWeight: 2 }).dispose();
    tf.grad((input) => crossEntropy(input, y))(x).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('losses of no examples', () => {
  const none = () => tf.zeros([0, 3]);
  const noLabels = () => tf.zeros([0], 'int32');
  const losses: Record<string, (x: tf.Tensor, reduction: 'mean' | 'sum' | 'none') => tf.Tensor> = {
    crossEntropy: (x, reduction) => crossEntropy(x, noLabels(), { reduction, labelSmoothing: 0.1, weight: [1, 2, 3] }),
    nll: (x, reduction) => nll(x, noLabels(), { reduction }),
    mse: (x, reduction) => mse(x, none(), { reduction }),
    l1: (x, reduction) => l1(x, none(), { reduction }),
    smoothL1: (x, reduction) => smoothL1(x, none(), { reduction }),
    bceWithLogits: (x, reduction) => bceWithLogits(x, none(), { reduction, posWeight: 2 }),
  };
  it.each(Object.entries(losses))('%s is NaN in the mean and 0 in the sum', async (_, loss) => {
    expect(await read(loss(none(), 'mean'))).toEqual([Number.NaN]);
    expect((await read(loss(none(), 'sum'))).map(Math.abs)).toEqual([0]);
    expect(await read(loss(none(), 'none'))).toEqual([]);
    for (const reduction of ['mean', 'sum'] as const) {
      expect(tf.grad((x) => loss(x, reduction))(none()).shape).toEqual([0, 3]);
    }
  });
});

describe('elementwise losses', () => {
  it('smoothL1 follows beta, and is l1 at 0', async () => {
    const x = tf.tensor1d([-3, -0.2, 0, 0.4, 2]);
    const zero = tf.zeros([5]);
    const values = await read(smoothL1(x, zero, { beta: 0.5, reduction: 'none' }));
    expect(relativeError(values, [2.75, 0.04, 0, 0.16, 1.75])).toBeLessThan(1e-6);
    expect(await read(smoothL1(x, zero, { beta: 0, reduction: 'sum' }))).toEqual(
      await read(l1(x, zero, { reduction: 'sum' })),
    );
    await gradCheck((input) => smoothL1(input, zero, { beta: 0.5, reduction: 'none' }), x);
  });

  it('l1 has derivative 0 at 0', async () => {
    const grad = tf.grad((x) => l1(x, tf.tensor1d([1, 1, 1]), { reduction: 'sum' }))(tf.tensor1d([0, 1, 2]));
    expect(await read(grad)).toEqual([-1, 0, 1]);
  });

  it('gives the target the opposite gradient', async () => {
    const [a, b] = [logits(), target()];
    const [da, db] = tf.grads((x, y) => mse(x, y))([a, b]);
    expect(relativeError(await read(tf.neg(da!)), await read(db!))).toBe(0);
  });

  it('bceWithLogits weighs positives, and is stable', async () => {
    const [x, z] = [logits(), tf.sigmoid(target())];
    const posWeight = [1, 2, 3, 4, 5];
    await gradCheck((input) => bceWithLogits(input, z, { posWeight, reduction: 'none' }), x);
    const plain = await read(bceWithLogits(x, z, { posWeight: 1, reduction: 'none' }));
    expect(relativeError(plain, await read(bceWithLogits(x, z, { reduction: 'none' })))).toBeLessThan(1e-6);
    const p = (s: number) => 1 / (1 + Math.exp(-s));
    const [s, t] = [(await read(x))[7]!, (await read(z))[7]!];
    const weighted = await read(bceWithLogits(x, z, { posWeight, reduction: 'none' }));
    expect(weighted[7]).toBeCloseTo(-(3 * t * Math.log(p(s)) + (1 - t) * Math.log(1 - p(s))), 5);
    const extreme = await read(bceWithLogits(tf.tensor1d([-1e4, 1e4]), tf.tensor1d([1, 0]), { reduction: 'none' }));
    expect(extreme).toEqual([1e4, 1e4]);
  });

  it('refuses shapes that would broadcast', () => {
    expect(() => mse(tf.zeros([3, 1]), tf.zeros([3]))).toThrow(/\[3, 1\] and \[3\]/);
    expect(() => bceWithLogits(tf.zeros([3]), tf.zeros([3]), { posWeight: [1] })).toThrow(/posWeight/);
  });
});
