import type { Rng } from '@zoo/core';

/** Gamma(shape, 1) by rejection from a normal (Marsaglia and Tsang 2000). */
function randomGamma(shape: number, rng: Rng): number {
  if (shape < 1) return randomGamma(shape + 1, rng) * (1 - rng.uniform()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = rng.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - rng.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** A number in [0, 1] from Beta(alpha, alpha). */
export function randomBeta(alpha: number, rng: Rng): number {
  const a = randomGamma(alpha, rng);
  const b = randomGamma(alpha, rng);
  return a + b === 0 ? (rng.uniform() < 0.5 ? 0 : 1) : a / (a + b); // tiny alphas underflow to the two ends
}
