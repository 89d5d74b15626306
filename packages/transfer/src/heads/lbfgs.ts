/** A function and its gradient at `x`; `gradient` is written. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

export interface LbfgsOptions {
  maxIterations: number;
  /** Ends when no entry of the gradient is larger. */
  tolerance: number;
  /** Steps remembered. */
  history?: number;
}

export interface LbfgsResult {
  value: number;
  iterations: number;
  /** Largest entry of the gradient, without its sign. */
  slope: number;
  /** Whether the tolerance was reached; otherwise the last point is as good as float64 gets, or iterations ran out. */
  converged: boolean;
}

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

const largest = (a: Float64Array): number => a.reduce((max, value) => Math.max(max, Math.abs(value)), 0);

interface Pair {
  /** Difference of two points and of their gradients. */
  s: Float64Array;
  y: Float64Array;
  rho: number;
}

/** Minus the inverse Hessian that `pairs` imply, times `gradient`: the two-loop recursion. */
function direction(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  const q = gradient.map((value) => -value);
  const alphas = pairs.map(() => 0);
  for (let i = pairs.length - 1; i >= 0; i--) {
    const { s, y, rho } = pairs[i]!;
    const alpha = rho * dot(s, q);
    alphas[i] = alpha;
    for (let j = 0; j < q.length; j++) q[j]! -= alpha * y[j]!;
  }
  const last = pairs.at(-1);
  if (last) {
    const scale = 1 / (last.rho * dot(last.y, last.y));
    for (let j = 0; j < q.length; j++) q[j]! *= scale;
  }
  pairs.forEach(({ s, y, rho }, i) => {
    const beta = alphas[i]! - rho * dot(y, q);
    for (let j = 0; j < q.length; j++) q[j]! += beta * s[j]!;
  });
  return q;
}

/** The function along a line, with its slope, at the points that were looked at. */
interface Probe {
  step: number;
  value: number;
  slope: number;
  x: Float64Array;
  gradient: Float64Array;
}

const sufficientDecrease = 1e-4;
const curvature = 0.9;

/** The minimum of the cubic through two points with slopes, kept off both ends of the interval. */
function interpolate(a: Probe, b: Probe): number {
  const d1 = a.slope + b.slope - (3 * (a.value - b.value)) / (a.step - b.step);
  const square = d1 * d1 - a.slope * b.slope;
  const [low, high] = a.step < b.step ? [a.step, b.step] : [b.step, a.step];
  const margin = 0.1 * (high - low);
  if (!(square >= 0)) return (low + high) / 2;
  const d2 = Math.sign(b.step - a.step) * Math.sqrt(square);
  const step = b.step - (b.step - a.step) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2));
  return Number.isFinite(step) ? Math.min(Math.max(step, low + margin), high - margin) : (low + high) / 2;
}

/** A step that satisfies the strong Wolfe conditions (Nocedal and Wright, algorithms 3.5 and 3.6). */
function lineSearch(start: Probe, first: number, probe: (step: number) => Probe): Probe | undefined {
  const tooHigh = (at: Probe) => at.value > start.value + sufficientDecrease * at.step * start.slope;
  const flat = (at: Probe) => Math.abs(at.slope) <= -curvature * start.slope;
  let former = start;
  let bracket: [Probe, Probe] | undefined;
  for (let i = 0, step = first; i < 30 && !bracket; i++, step *= 2) {
    const at = probe(step);
    if (!Number.isFinite(at.value) || tooHigh(at) || (i > 0 && at.value >= former.value)) bracket = [former, at];
    else if (flat(at)) return at;
    else if (at.slope >= 0) bracket = [at, former];
    else former = at;
  }
  if (!bracket) return former === start ? undefined : former;
  let [low, high] = bracket;
  for (let i = 0; i < 40; i++) {
    const step = Number.isFinite(high.value) ? interpolate(low, high) : (low.step + high.step) / 2;
    const at = probe(step);
    if (!Number.isFinite(at.value) || tooHigh(at) || at.value >= low.value) high = at;
    else {
      if (flat(at)) return at;
      if (at.slope * (high.step - low.step) >= 0) high = low;
      low = at;
    }
  }
  return low.value < start.value ? low : undefined; // the conditions cannot be met within rounding
}

/**
 * Minimizes a smooth function from `x`, which ends at the minimum: L-BFGS (Liu and Nocedal 1989) in float64 with a strong
 * Wolfe line search.
 */
export async function minimizeLbfgs(
  objective: Objective,
  x: Float64Array,
  { maxIterations, tolerance, history = 10 }: LbfgsOptions,
): Promise<LbfgsResult> {
  let gradient: Float64Array = new Float64Array(x.length);
  let value = objective(x, gradient);
  const pairs: Pair[] = [];
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    if (largest(gradient) <= tolerance)
      return { value, iterations: iteration, slope: largest(gradient), converged: true };
    const towards = direction(gradient, pairs);
    const start: Probe = { step: 0, value, slope: dot(gradient, towards), x, gradient };
    const probe = (step: number): Probe => {
      const at = x.map((xi, i) => xi + step * towards[i]!);
      const slopes = new Float64Array(x.length);
      const reached = objective(at, slopes);
      return { step, value: reached, slope: dot(slopes, towards), x: at, gradient: slopes };
    };
    const first = pairs.length > 0 ? 1 : Math.min(1, 1 / Math.sqrt(dot(gradient, gradient)));
    const next = start.slope < 0 ? lineSearch(start, first, probe) : undefined;
    if (!next) {
      if (pairs.length === 0) return { value, iterations: iteration, slope: largest(gradient), converged: false };
      pairs.length = 0; // begin again along the gradient before giving up
      continue;
    }
    const s = next.x.map((xi, i) => xi - x[i]!);
    const y = next.gradient.map((gi, i) => gi - gradient[i]!);
    const sy = dot(s, y);
    if (sy > 1e-12 * dot(y, y)) pairs.push({ s, y, rho: 1 / sy });
    if (pairs.length > history) pairs.shift();
    x.set(next.x);
    gradient = next.gradient;
    value = next.value;
    await new Promise((resolve) => setTimeout(resolve)); // a page stays responsive
  }
  const slope = largest(gradient);
  return { value, iterations: maxIterations, slope, converged: slope <= tolerance };
}
