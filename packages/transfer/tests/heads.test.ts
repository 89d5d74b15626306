import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import type { Module } from '@zoo/core';
import { type Dataset, TensorDataset } from '@zoo/datasets';
import { fillUniform } from '@zoo/testing';
import { describe, expect, it } from 'vitest';
import { MemoryFeatureSet } from '../src/features/memory-feature-set.ts';
import { TargetRows } from '../src/features/targets.ts';
import { minimizeLbfgs } from '../src/heads/lbfgs.ts';
import { softmaxObjective } from '../src/heads/softmax-objective.ts';
import {
  kNearestNeighbors,
  type LogisticRegressionOptions,
  linearHead,
  logisticRegression,
  mlpHead,
  trainHead,
} from '../src/index.ts';

/** Points of three classes that overlap a little. */
function points(rows: number, width = 4): TensorDataset {
  const targets = Int32Array.from({ length: rows }, (_, i) => i % 3);
  const inputs = Float32Array.from(
    fillUniform('points', rows * width),
    (u, i) => 2 * u - 1 + (i % width === targets[Math.floor(i / width)] ? 1 : 0),
  );
  return new TensorDataset({ inputs, inputShape: [width], targets, name: 'points' });
}

const allIndices = ({ length }: Dataset) => Array.from({ length }, (_, i) => i);

async function outputs(head: Module, dataset: Dataset): Promise<number[]> {
  const { inputs } = await dataset.batch(allIndices(dataset));
  return Array.from(await head.predict(inputs).data());
}

async function accuracy(head: Module, dataset: Dataset): Promise<number> {
  const values = await outputs(head, dataset);
  const classes = values.length / dataset.length;
  const hits = allIndices(dataset).filter((i) => {
    const row = values.slice(i * classes, (i + 1) * classes);
    return row.indexOf(Math.max(...row)) === dataset.labels![i];
  });
  return hits.length / dataset.length;
}

/** Logits of three classes less their mean, which no probability depends on. */
const centred = (logits: number[]): number[] =>
  logits.map((value, i) => value - logits.slice(i - (i % 3), i - (i % 3) + 3).reduce((a, b) => a + b) / 3);

describe('minimizeLbfgs', () => {
  it('finds the minimum of the Rosenbrock function', async () => {
    const x = Float64Array.of(-1.2, 1, -1.2, 1);
    const result = await minimizeLbfgs(
      (at, gradient) => {
        let value = 0;
        gradient.fill(0);
        for (let i = 0; i < 3; i++) {
          const [a, b] = [at[i]!, at[i + 1]!];
          value += 100 * (b - a * a) ** 2 + (1 - a) ** 2;
          gradient[i]! += -400 * a * (b - a * a) - 2 * (1 - a);
          gradient[i + 1]! += 200 * (b - a * a);
        }
        return value;
      },
      x,
      { maxIterations: 200, tolerance: 1e-10 },
    );
    expect(result.converged).toBe(true);
    expect(result.iterations).toBeLessThan(100);
    for (const value of x) expect(value).toBeCloseTo(1, 8);
  });

  it('survives steps where the function is infinite', async () => {
    const x = Float64Array.of(0.01);
    const barrier = (at: Float64Array, gradient: Float64Array): number => {
      gradient[0] = 1 - 1 / at[0]!;
      return at[0]! > 0 ? at[0]! - Math.log(at[0]!) : Number.POSITIVE_INFINITY;
    };
    await minimizeLbfgs(barrier, x, { maxIterations: 100, tolerance: 1e-9 });
    expect(x[0]).toBeCloseTo(1, 7);
  });
});

describe('logisticRegression', () => {
  it('has a gradient that is that of its loss', () => {
    const { inputs, labels } = points(9);
    const matrix = { values: inputs as Float32Array, labels: labels!, rows: 9, width: 4, numClasses: 3 };
    const objective = softmaxObjective(matrix, 0.1);
    const at = Float64Array.from(fillUniform('at', 15), (u) => u - 0.5);
    const gradient = new Float64Array(15);
    objective(at, gradient);
    const unused = new Float64Array(15);
    for (const i of [0, 5, 11, 12, 14]) {
      const shifted = (by: number) =>
        objective(
          at.map((value, j) => value + (i === j ? by : 0)),
          unused,
        );
      expect(gradient[i]).toBeCloseTo((shifted(1e-5) - shifted(-1e-5)) / 2e-5, 7);
    }
  });

  it("reaches the optimum that PyTorch's L-BFGS finds in float64", async () => {
    const golden = JSON.parse(readFileSync(new URL('./fixtures/golden.json', import.meta.url), 'utf8')) as {
      logisticRegression: { weight: number[]; bias: number[] };
    };
    const { weight, bias } = golden.logisticRegression;
    const state = await (await logisticRegression({ l2: 0.05, tolerance: 1e-9 }).fit(points(60))).stateDict();
    const found = Array.from(state.get('fc.weight')!.data, Number);
    const biases = Array.from(state.get('fc.bias')!.data, Number);
    for (const [i, value] of weight.entries()) expect(found[i]).toBeCloseTo(value, 5);
    for (const [i, value] of bias.entries())
      expect(biases[i]! - biases.reduce((a, b) => a + b) / 3).toBeCloseTo(value, 5);
  });

  it('reaches the same optimum by L-BFGS and by Adam', async () => {
    const dataset = points(60);
    const fitted = async (options: LogisticRegressionOptions) =>
      centred(await outputs(await logisticRegression({ l2: 0.05, ...options }).fit(dataset), dataset));
    const exact = await fitted({});
    const approximate = await fitted({ solver: 'adam', maxIterations: 120 });
    for (const [i, value] of exact.entries()) expect(approximate[i]).toBeCloseTo(value, 1);
  });

  it('refuses what it cannot fit', async () => {
    const single = new TensorDataset({ inputs: new Float32Array(4), inputShape: [2], targets: Int32Array.of(1, 1) });
    await expect(logisticRegression().fit(single)).rejects.toThrow(/two classes/);
    const regression = new TensorDataset({
      inputs: new Float32Array(4),
      inputShape: [2],
      targets: new Float32Array(2),
    });
    await expect(logisticRegression().fit(regression)).rejects.toThrow(/class labels/);
    expect(() => logisticRegression({ solver: 'sgd' as never })).toThrow(/'lbfgs' or 'adam'/);
    expect(() => logisticRegression({ l2: -1 })).toThrow(/l2/);
  });
});

describe('kNearestNeighbors', () => {
  it('gives each stored example its own class, by either metric', async () => {
    const dataset = points(12);
    for (const metric of ['cosine', 'euclidean'] as const) {
      const head = await kNearestNeighbors({ k: 1, metric }).fit(dataset);
      expect(await accuracy(head, dataset)).toBe(1);
    }
  });

  it('counts votes', async () => {
    const dataset = new TensorDataset({
      inputs: Float32Array.of(0, 1, 10, 11, 12),
      inputShape: [1],
      targets: Int32Array.of(0, 0, 1, 1, 0),
    });
    const head = await kNearestNeighbors({ k: 3, metric: 'euclidean' }).fit(dataset);
    const shares = await head.predict(tf.tensor2d([0.4, 11.2], [2, 1])).data();
    for (const [i, share] of [2 / 3, 1 / 3, 1 / 3, 2 / 3].entries()) expect(shares[i]).toBeCloseTo(share, 6);
    await expect(kNearestNeighbors({ k: 6 }).fit(dataset)).rejects.toThrow(/1 to the 5 examples/);
    expect(() => head.predict(tf.zeros([1, 2]))).toThrow(/\[n, 1\]/);
  });

  it('ignores length by the cosine alone', async () => {
    const inputs = Float32Array.of(10, 0, 0, 1, 0, 1.2);
    const dataset = new TensorDataset({ inputs, inputShape: [2], targets: Int32Array.of(0, 1, 1) });
    const probe = tf.tensor2d([1, 0.2], [1, 2]);
    const near = async (metric: 'cosine' | 'euclidean') => {
      const head = await kNearestNeighbors({ k: 1, metric }).fit(dataset);
      return Array.from(await head.predict(probe).data());
    };
    expect(await near('cosine')).toEqual([1, 0]);
    expect(await near('euclidean')).toEqual([0, 1]);
  });
});

describe('linearHead and mlpHead', () => {
  it('refuse sizes that are missing, and options there are not', () => {
    const dropout = { inFeatures: 4, numClasses: 2, dropout: 0.5 };
    expect(() => linearHead(dropout)).toThrow(/linearHead has no option 'dropout'.*dropRate/);
    expect(() => linearHead({ numClasses: 2 } as never)).toThrow(/'inFeatures' must be a whole number >= 1, got undef/);
    expect(() => mlpHead({ inFeatures: 4, numClasses: 2 } as never)).toThrow(/'hidden' lists the widths/);
  });

  it('name their layers', async () => {
    const linear = linearHead({ inFeatures: 4, numClasses: 2, dropRate: 0.5 });
    expect([...(await linear.stateDict()).keys()]).toEqual(['fc.weight', 'fc.bias']);
    const mlp = mlpHead({ inFeatures: 4, hidden: [5, 6], numClasses: 2, dropRate: 0.1 });
    expect(mlp.summary([1, 4]).parameters).toBe(4 * 5 + 5 + 5 * 6 + 6 + 6 * 2 + 2);
    expect(() => linearHead({ inFeatures: 4, numClasses: 0 })).toThrow(
      /'numClasses' must be a whole number >= 1, got 0/,
    );
  });
});

describe('features that are not finite, or huge', () => {
  const changed = (change: (value: number, i: number) => number, rows = 60): TensorDataset => {
    const { inputs, labels } = points(rows);
    const values = (inputs as Float32Array).map(change);
    return new TensorDataset({ inputs: values, inputShape: [4], targets: labels!, name: 'changed' });
  };
  const broken = (value: number) => changed((feature, i) => ([29, 30, 48].includes(i) ? value : feature));
  const fits: Record<string, (dataset: Dataset) => Promise<unknown>> = {
    'logisticRegression by L-BFGS': (dataset) => logisticRegression().fit(dataset),
    'logisticRegression by Adam': (dataset) => logisticRegression({ solver: 'adam', maxIterations: 1 }).fit(dataset),
    kNearestNeighbors: (dataset) => kNearestNeighbors().fit(dataset),
    trainHead: (dataset) => trainHead(linearHead({ inFeatures: 4, numClasses: 3 }), dataset, { epochs: 1 }),
  };

  it.each(Object.entries(fits))('%s names the first broken row and how many there are', async (_, fit) => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const error = await fit(broken(value)).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'NUMERIC' });
      expect((error as Error).message).toContain('2 of 60 rows');
      expect((error as Error).message).toContain(`${value} in row 7`);
    }
  });

  it('names the example where rows were left out', async () => {
    const rows = { values: Float32Array.of(1, Number.NaN, 2), width: 1 };
    const features = new MemoryFeatureSet({
      rows: new Map([['tap', rows]]),
      targets: new TargetRows(Int32Array.of(0, 1, 1), []),
      examples: Uint32Array.of(0, 5, 6),
      hasLabels: true,
      pool: 'avg',
      classNames: undefined,
      description: {},
    });
    await expect(logisticRegression().fit(features)).rejects.toThrow(/NaN in example 5/);
  });

  it('fits features of any scale to the same classes', async () => {
    const scale = 2 ** 100;
    const ordinary = points(60);
    const huge = changed((value) => value * scale);
    const expected = await outputs(await logisticRegression({ l2: 0.05 }).fit(ordinary), ordinary);
    // The same penalty of the weights, which are smaller by the scale.
    const found = await outputs(await logisticRegression({ l2: 0.05 * scale ** 2 }).fit(huge), huge);
    for (const [i, value] of centred(expected).entries()) expect(centred(found)[i]).toBeCloseTo(value, 4);
    const one = changed((value, i) => (i % 4 === 0 ? value * 1e30 : value));
    expect(await accuracy(await logisticRegression().fit(one), one)).toBeGreaterThan(0.7);
    expect(await accuracy(await kNearestNeighbors({ k: 1 }).fit(huge), huge)).toBe(1);
  });

  it('refuses features that float32 would lose, and says so', async () => {
    const scaled = (scale: number) => changed((value) => value * scale);
    await expect(logisticRegression().fit(scaled(1e37))).rejects.toThrow(
      /feature 0 reaches .*e\+37.*scale the features/,
    );
    await expect(kNearestNeighbors({ metric: 'euclidean' }).fit(scaled(1e30))).rejects.toThrow(/scale them/);
    await expect(fits['trainHead']!(scaled(1e30))).rejects.toThrow(/60 of 60 rows .*scale them/);
  });

  it('tells when L-BFGS ends before the optimum', async () => {
    const notices: string[] = [];
    const onNotice = (message: string) => void notices.push(message);
    await logisticRegression({ maxIterations: 2, onNotice }).fit(points(60));
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(/stopped after 2 iterations.*maxIterations/);
    await logisticRegression({ onNotice }).fit(points(60));
    expect(notices).toHaveLength(1);
  });

  it('gives no neighbours to a row that is not finite', async () => {
    for (const metric of ['cosine', 'euclidean'] as const) {
      const head = await kNearestNeighbors({ k: 1, metric }).fit(points(12));
      const shares = await head.predict(tf.tensor2d([Number.NaN, 0, 0, 0, 1, 0, 0, 0], [2, 4])).data();
      expect([...shares].map(Number.isNaN)).toEqual([true, true, true, false, false, false]);
    }
  });
});
