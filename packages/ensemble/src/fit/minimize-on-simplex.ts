/** A convex function of weights on the simplex, with its gradient. */
export type SimplexObjective = (weights: Float64Array) => { value: number; gradient: Float64Array };

export interface SimplexMinimum {
  weights: Float64Array;
  value: number;
  /** How far above the minimum `value` can be at most. */
  gap: number;
  iterations: number;
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/**
 * Exponentiated gradient (Kivinen and Warmuth, 1997) with step-size control. It stays on the simplex by itself, and the
 * Frank-Wolfe gap bounds the error of a convex function, so that it is known when to stop.
 */
export function minimizeOnSimplex(
  objective: SimplexObjective,
  size: number,
  { maxIterations = 2000, tolerance = 1e-7 }: { maxIterations?: number; tolerance?: number } = {},
): SimplexMinimum {
  let weights = new Float64Array(size).fill(1 / size);
  let { value, gradient } = objective(weights);
  let step = 1;
  let iterations = 0;
  const gapNow = () => dot(weights, gradient) - Math.min(...gradient);
  while (iterations < maxIterations && gapNow() > tolerance && step > 1e-12) {
    iterations++;
    const lowest = Math.min(...gradient);
    const next = weights.map((w, i) => w * Math.exp(-step * (gradient[i]! - lowest)));
    const sum = next.reduce((a, b) => a + b, 0);
    for (let i = 0; i < size; i++) next[i]! /= sum;
    const found = objective(next);
    const linear = value + dot(gradient, next) - dot(gradient, weights);
    const divergence = next.reduce((kl, w, i) => (w > 0 ? kl + w * Math.log(w / weights[i]!) : kl), 0);
    if (found.value <= linear + divergence / step + 1e-15 * Math.abs(value)) {
      weights = next;
      ({ value, gradient } = found);
      step *= 1.5;
    } else {
      step /= 2;
    }
  }
  return { weights, value, gap: gapNow(), iterations };
}
