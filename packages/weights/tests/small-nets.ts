import {
  Counter,
  createRegistry,
  definePlugin,
  type InputSpec,
  Module,
  ModuleBuffer,
  Parameter,
  type WeightRecord,
} from '@zoo/core';

const init = (shape: readonly number[]): Float32Array => new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(-1);

class Layer extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter;

  constructor(...shape: number[]) {
    super();
    this.weight = new Parameter(shape, { init });
    this.bias = new Parameter([shape[0]!], { init });
  }

  forward<T>(x: T): T {
    return x;
  }
}

class Norm extends Module {
  readonly running_mean = new ModuleBuffer([4]);
  readonly num_batches_tracked = new Counter();

  forward<T>(x: T): T {
    return x;
  }
}

class Nothing extends Module {
  forward<T>(x: T): T {
    return x;
  }
}

interface NetOptions {
  numClasses?: number;
  inChannels?: number;
  width?: number;
}

/** A net with all that loading looks at: a first kernel, a norm with a counter, a classifier. It computes nothing. */
export class Net extends Module {
  readonly conv1: Layer;
  readonly bn = new Norm();
  readonly conv2: Layer;
  readonly fc: Layer | Nothing;
  readonly inputSpec: InputSpec;

  constructor({ numClasses = 10, inChannels = 3, width = 4 }: NetOptions = {}) {
    super();
    this.conv1 = new Layer(4, inChannels, 2, 2);
    this.conv2 = new Layer(width, 4, 1, 1);
    this.fc = numClasses > 0 ? new Layer(numClasses, width) : new Nothing();
    this.inputSpec = { size: [8, 8], channels: inChannels, mean: [0], std: [1], interpolation: 'bilinear' };
  }

  forward<T>(x: T): T {
    return x;
  }
}

export const record = (url: string, more: Partial<WeightRecord> = {}): WeightRecord => ({
  url,
  inputSpec: { size: [224, 224], channels: 3, mean: [0.5], std: [0.2], interpolation: 'bicubic', resize: 256 },
  categories: 'imagenet',
  metrics: { acc1: 50 },
  licence: 'BSD-3-Clause',
  ...more,
});

export const registryOf = (weights: Record<string, WeightRecord> = {}) =>
  createRegistry().use(
    definePlugin({
      name: 'nets',
      models: {
        net: (options?: NetOptions) => new Net(options),
        wide_net: (options?: NetOptions) => new Net({ width: 8, ...options }),
      },
      weights: { net: weights },
    }),
  );
