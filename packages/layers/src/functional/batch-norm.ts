import * as tf from '@tensorflow/tfjs-core';
import { formatShape, ZooError } from '@zoo/core';
import { withGradient } from '../autograd/with-gradient.ts';

export interface BatchNormOptions {
  /** `[c]`, default 1. */
  weight?: tf.Tensor | undefined;
  /** `[c]`, default 0. */
  bias?: tf.Tensor | undefined;
  eps?: number;
}

/** Mean and variance, both `[c]`. */
interface Statistics {
  mean: tf.Tensor;
  variance: tf.Tensor;
}

/** Averages over batches, of the mean and of the unbiased variance. */
export interface RunningStatistics extends Statistics {
  /** Share of this batch in the next averages. */
  share: number;
  /** Whether the share is another one in each step. */
  varies?: boolean;
  /** Gets the next averages, which are disposed afterwards. */
  update(next: Statistics): void;
}

export interface BatchNormTrainingOptions extends BatchNormOptions {
  running?: RunningStatistics | undefined;
}

/** Normalizes every channel (last axis) of `[..., c]` by the statistics of this batch, which get into `running` unrecorded. */
export function batchNormTraining(x: tf.Tensor, options: BatchNormTrainingOptions): tf.Tensor {
  const { weight, bias, eps = 1e-5, running } = options;
  const channels = x.shape.at(-1)!;
  const count = x.size / channels;
  if (count === 0) return unchanged(x, options);
  if (count < 2) {
    throw new ZooError(
      'INVALID_ARGUMENT',
      `expected more than 1 value per channel when training, got input ${formatShape(x.shape)}. Use a larger batch or eval().`,
    );
  }
  const rows = [count, channels] as [number, number];
  if (hasKernels()) return byKernels(x, options, count);
  return withGradient({
    inputs: { x, ...(weight && { weight }), ...(bias && { bias }) } as Record<'x' | 'weight' | 'bias', tf.Tensor>,
    forward: (save) => {
      const values = tf.reshape(x, rows);
      const mean = tf.mean(values, 0);
      const centred = tf.sub(values, mean);
      const variance = tf.mean(tf.square(centred), 0);
      running?.update(nextAverages(running, { mean, variance }, count));
      const inverse = tf.rsqrt(tf.add(variance, eps));
      save(weight ? [x, mean, inverse, weight] : [x, mean, inverse]);
      const scaled = tf.mul(centred, weight ? tf.mul(inverse, weight) : inverse);
      return tf.reshape(bias ? tf.add(scaled, bias) : scaled, x.shape);
    },
    backward: (dy, saved) => {
      const [input, mean, inverse, factor] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor | undefined];
      const gradient = tf.reshape(dy, rows);
      const centred = () => tf.sub(tf.reshape(input, rows), mean);
      const sum = tf.sum(gradient, 0);
      // Sum of dy * normalized x: the weight's gradient, and needed for x as well.
      const product = tf.tidy(() => tf.mul(inverse, tf.sum(tf.mul(gradient, centred()), 0)));
      return {
        x: () => {
          const scale = factor ? tf.mul(inverse, factor) : inverse;
          const slope = tf.div(tf.mul(tf.mul(scale, inverse), product), -count);
          const offset = tf.div(tf.mul(scale, sum), -count);
          const varying = tf.add(tf.mul(gradient, scale), tf.mul(centred(), slope));
          return tf.reshape(tf.add(varying, offset), input.shape);
        },
        weight: () => tf.clone(product),
        bias: () => tf.clone(sum),
      };
    },
  });
}

/** No rows of `x` say nothing about its statistics: the averages stay, and the batch counts, as in PyTorch. */
function unchanged(x: tf.Tensor, { running, ...options }: BatchNormTrainingOptions): tf.Tensor {
  running?.update({ mean: tf.clone(running.mean), variance: tf.clone(running.variance) });
  const channels = x.shape.at(-1)!;
  return batchNormInference(x, { ...options, mean: tf.zeros([channels]), variance: tf.ones([channels]) });
}

function nextAverages(running: RunningStatistics, { mean, variance }: Statistics, count: number): Statistics {
  const { share } = running;
  const next = (average: tf.Tensor, batch: tf.Tensor) => tf.add(tf.mul(average, 1 - share), tf.mul(batch, share));
  return {
    mean: next(running.mean, mean),
    variance: next(running.variance, tf.mul(variance, count / (count - 1))),
  };
}

const forwardKernel = 'BatchNormTraining';
const backwardKernel = 'BatchNormTrainingGrad';

/** Whether the engine has batch norm as kernels of its own. */
const hasKernels = (): boolean => tf.getKernel(forwardKernel, tf.getBackend()) !== undefined;

function byKernels(x: tf.Tensor, options: BatchNormTrainingOptions, count: number): tf.Tensor {
  const { weight, bias, eps = 1e-5, running } = options;
  const run = (name: string, inputs: object, attrs: object = {}) =>
    tf.engine().runKernel(name, inputs as tf.NamedTensorMap, attrs as tf.NamedAttrMap) as tf.Tensor[];
  const parameters = { ...(weight && { weight }), ...(bias && { bias }) };
  return withGradient({
    inputs: { x, ...parameters } as Record<'x' | 'weight' | 'bias', tf.Tensor>,
    forward: (save) => {
      // Attributes decide what is compiled: a number that varies must not be one.
      const inside = running && !running.varies;
      const averages = inside ? { runningMean: running.mean, runningVariance: running.variance } : {};
      const attributes = inside ? { eps, share: running.share } : { eps };
      const results = run(forwardKernel, { x, ...parameters, ...averages }, attributes);
      const [y, mean, variance, inverse, nextMean, nextVariance] = results;
      running?.update(
        inside
          ? { mean: nextMean!, variance: nextVariance! }
          : nextAverages(running, { mean: mean!, variance: variance! }, count),
      );
      save(weight ? [x, mean!, inverse!, weight] : [x, mean!, inverse!]);
      return y!;
    },
    backward: (dy, saved) => {
      const [input, mean, inverse, factor] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor | undefined];
      const given = { dy, x: input, mean, inverse, ...(factor && { weight: factor }) };
      const [dx, dWeight, dBias] = run(backwardKernel, given);
      return { x: () => tf.clone(dx!), weight: () => tf.clone(dWeight!), bias: () => tf.clone(dBias!) };
    },
  });
}

/** Normalizes every channel (last axis) of `[..., c]` by the given `[c]` mean and variance, which get no gradient. */
export function batchNormInference(
  x: tf.Tensor,
  { mean, variance, weight, bias, eps = 1e-5 }: BatchNormOptions & { mean: tf.Tensor; variance: tf.Tensor },
): tf.Tensor {
  const rows = [x.size / x.shape.at(-1)!, x.shape.at(-1)!] as [number, number];
  return withGradient({
    inputs: { x, ...(weight && { weight }), ...(bias && { bias }) } as Record<'x' | 'weight' | 'bias', tf.Tensor>,
    forward: (save) => {
      const inverse = tf.rsqrt(tf.add(variance, eps));
      const scale = weight ? tf.mul(inverse, weight) : inverse;
      const shifted = tf.mul(mean, scale);
      save([x, mean, inverse, scale]);
      return tf.add(tf.mul(x, scale), bias ? tf.sub(bias, shifted) : tf.neg(shifted));
    },
    backward: (dy, saved) => {
      const [input, average, inverse, scale] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const sum = (values: tf.Tensor) => tf.sum(tf.reshape(values, rows), 0);
      return {
        x: () => tf.mul(dy, scale),
        weight: () => tf.mul(inverse, sum(tf.mul(dy, tf.sub(input, average)))),
        bias: () => sum(dy),
      };
    },
  });
}
