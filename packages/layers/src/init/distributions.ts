import { type Initializer, numElements, type Rng, ZooError } from '@zoo/core';

const filledBy = (draw: (rng: Rng) => number): Initializer => {
  return (shape, rng) => {
    const values = new Float32Array(numElements(shape));
    for (let i = 0; i < values.length; i++) values[i] = draw(rng);
    return values;
  };
};

export const constant = (value: number): Initializer => filledBy(() => value);
export const zeros = (): Initializer => constant(0);
export const ones = (): Initializer => constant(1);

/** Uniform in [low, high). */
export const uniform = (low = 0, high = 1): Initializer => filledBy((rng) => low + (high - low) * rng.uniform());

export const normal = (mean = 0, std = 1): Initializer => filledBy((rng) => mean + std * rng.normal());

export interface TruncNormalOptions {
  mean?: number;
  std?: number;
  /** Smallest value, absolute (not in standard deviations); default -2. */
  a?: number;
  /** Largest value, absolute; default 2. */
  b?: number;
}

/** Normal restricted to [a, b], as `torch.nn.init.trunc_normal_`. */
export function truncNormal({ mean = 0, std = 1, a = -2, b = 2 }: TruncNormalOptions = {}): Initializer {
  if (!(std > 0 && a < b)) {
    throw new ZooError('INVALID_ARGUMENT', `truncNormal needs std > 0 and a < b, got std ${std}, a ${a}, b ${b}.`);
  }
  const low = (a - mean) / std;
  const high = (b - mean) / std;
  const draw = low < 0.5 && high > -0.5 && high - low > 1 ? fromNormal(low, high) : fromUniform(low, high);
  return filledBy((rng) => mean + std * draw(rng));
}

/** Rejects normal draws outside; quick when the interval holds a good part of the mass. */
function fromNormal(low: number, high: number): (rng: Rng) => number {
  return (rng) => {
    let z = rng.normal();
    while (z < low || z > high) z = rng.normal();
    return z;
  };
}

/** Rejects uniform draws by density; for narrow intervals and tails. Past 10 deviations nothing is left. */
function fromUniform(low: number, high: number): (rng: Rng) => number {
  const nearest = Math.min(Math.max(0, low), high);
  const from = Math.max(low, nearest - 10);
  const to = Math.min(high, nearest + 10);
  return (rng) => {
    for (;;) {
      const z = from + (to - from) * rng.uniform();
      if (rng.uniform() < Math.exp((nearest * nearest - z * z) / 2)) return z;
    }
  };
}
