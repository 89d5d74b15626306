import { formatShape, ZooError } from '@zoo/core';

export type FanMode = 'fan_in' | 'fan_out';

export interface Fans {
  fanIn: number;
  fanOut: number;
}

/** Inputs and outputs per unit of a weight in PyTorch's layout (`[out, in, ...kernel]`), as PyTorch counts them. */
export function fansOf(shape: readonly number[]): Fans {
  if (shape.length < 2) {
    throw new ZooError('INVALID_ARGUMENT', `Fans need a weight of at least 2 axes, got ${formatShape(shape)}.`);
  }
  const [out, into, ...kernel] = shape as [number, number, ...number[]];
  const field = kernel.reduce((n, d) => n * d, 1);
  return { fanIn: into * field, fanOut: out * field };
}

export type Nonlinearity = 'linear' | 'sigmoid' | 'tanh' | 'relu' | 'leaky_relu' | 'selu';

/** `torch.nn.init.calculate_gain`; `a` is the negative slope of `leaky_relu`. */
export function gainOf(nonlinearity: Nonlinearity, a = 0.01): number {
  switch (nonlinearity) {
    case 'linear':
    case 'sigmoid':
      return 1;
    case 'tanh':
      return 5 / 3;
    case 'relu':
      return Math.SQRT2;
    case 'leaky_relu':
      return Math.sqrt(2 / (1 + a * a));
    case 'selu':
      return 3 / 4;
  }
}
