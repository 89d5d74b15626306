import * as tf from '@tensorflow/tfjs-core';
import {
  type ChannelAffine,
  Counter,
  type FoldingLayer,
  type Initializer,
  isTracing,
  Module,
  ModuleBuffer,
  Parameter,
} from '@zoo/core';
import { batchNormInference, batchNormTraining, type RunningStatistics } from '../functional/batch-norm.ts';
import { expectFeatures } from '../functional/expect-shape.ts';
import { toCount } from '../functional/spatial.ts';
import { ones } from '../init/distributions.ts';

export interface BatchNormLayerOptions {
  /** Added to the variance; default 1e-5. */
  eps?: number;
  /** Share of the new batch in the running statistics; null averages all batches alike. Default 0.1. */
  momentum?: number | null;
  /** Learn a weight and a bias per channel; default true. */
  affine?: boolean;
  /** Keep running statistics for evaluation; default true. Without them every batch is its own measure. */
  trackRunningStats?: boolean;
  /** Default: ones. */
  weightInit?: Initializer;
}

/** What `BatchNorm1d` and `BatchNorm2d` share: everything but the ranks they take. */
abstract class BatchNorm extends Module<[tf.Tensor], tf.Tensor> implements FoldingLayer {
  weight: Parameter | undefined;
  bias: Parameter | undefined;
  running_mean: ModuleBuffer | undefined;
  running_var: ModuleBuffer | undefined;
  num_batches_tracked: Counter | undefined;
  readonly features: number;
  readonly eps: number;
  readonly momentum: number | null;
  /** What is left of it after `optimizeForInference`. */
  #reduced: 'identity' | 'affine' | undefined;
  /** Axes before the channels of each rank the layer takes. */
  protected abstract readonly axes: readonly (readonly string[])[];

  constructor(features: number, options: BatchNormLayerOptions = {}) {
    super();
    const { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true, weightInit = ones() } = options;
    this.features = toCount('features', features);
    this.eps = eps;
    this.momentum = momentum;
    if (affine) {
      this.weight = new Parameter([features], { init: weightInit });
      this.bias = new Parameter([features]);
    }
    if (trackRunningStats) {
      this.running_mean = new ModuleBuffer([features]);
      this.running_var = new ModuleBuffer([features], { init: ones() });
      this.num_batches_tracked = new Counter();
    }
  }

  forward(x: tf.Tensor): tf.Tensor {
    expectFeatures(x, this.features, this.axes);
    if (this.#reduced === 'identity') return x;
    if (this.#reduced === 'affine') return scaled(x, this.weight!.value(), this.bias!.value());
    const options = { weight: this.weight?.value(), bias: this.bias?.value(), eps: this.eps };
    const learns = this.training && !this.frozen;
    if (this.running_mean && this.running_var && !learns) {
      return batchNormInference(x, {
        ...options,
        mean: this.running_mean.value(),
        variance: this.running_var.value(),
      });
    }
    return batchNormTraining(x, { ...options, running: learns ? this.#running() : undefined });
  }

  /** The scale and shift of evaluation mode; none without running statistics. */
  toAffine(): ChannelAffine | undefined {
    const { running_mean: mean, running_var: variance, weight, bias, eps } = this;
    if (!mean || !variance) return undefined;
    return tf.tidy(() => {
      const inverse = tf.rsqrt(tf.add(variance.value(), eps));
      const scale = weight ? tf.mul(inverse, weight.value()) : inverse;
      const shifted = tf.mul(mean.value(), scale);
      return { scale, shift: bias ? tf.sub(bias.value(), shifted) : tf.neg(shifted) };
    });
  }

  becomeIdentity(): void {
    for (const [, entry] of this.namedState()) entry.dispose();
    this.weight = this.bias = this.running_mean = this.running_var = this.num_batches_tracked = undefined;
    this.#reduced = 'identity';
  }

  becomeAffine(): void {
    const affine = this.toAffine();
    if (!affine) return;
    this.becomeIdentity();
    const constant = (value: tf.Tensor) => {
      const parameter = new Parameter(value.shape, { requiresGrad: false });
      parameter.assign(value);
      value.dispose();
      return parameter;
    };
    this.weight = constant(affine.scale);
    this.bias = constant(affine.shift);
    this.#reduced = 'affine';
  }

  #running(): RunningStatistics | undefined {
    const { running_mean: mean, running_var: variance, num_batches_tracked: batches, momentum } = this;
    if (!mean || !variance || !batches || isTracing()) return undefined;
    return {
      mean: mean.value(),
      variance: variance.value(),
      share: momentum ?? 1 / (batches.value + 1),
      varies: momentum === null,
      update: (next) => {
        batches.value++;
        mean.assign(next.mean);
        variance.assign(next.variance);
      },
    };
  }
}

/** By the kernels themselves: the checks of `tf.mul` and `tf.add` cost as much as small images do. */
function scaled(x: tf.Tensor, scale: tf.Tensor, shift: tf.Tensor): tf.Tensor {
  const engine = tf.engine();
  const product = engine.runKernel(tf.Multiply, { a: x, b: scale }) as tf.Tensor;
  return engine.runKernel(tf.Add, { a: product, b: shift }) as tf.Tensor;
}

/** `torch.nn.BatchNorm1d` on `[n, c]` or, channels last, `[n, l, c]`. */
export class BatchNorm1d extends BatchNorm {
  protected get axes() {
    return [['n'], ['n', 'l']];
  }
}

/** `torch.nn.BatchNorm2d` on `[n, h, w, c]`. */
export class BatchNorm2d extends BatchNorm {
  protected get axes() {
    return [['n', 'h', 'w']];
  }
}
