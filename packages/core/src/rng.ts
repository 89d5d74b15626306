import { ZooError } from './error.ts';

/** The four 32-bit words of a generator: plain data that a checkpoint can keep. */
export type RngState = readonly [number, number, number, number];

/** A seeded stream of random numbers; the same seed gives the same numbers on every machine. */
export interface Rng {
  /** Uniform in [0, 1), 24 bits: exact in float32. */
  uniform(): number;
  /** Standard normal (Box-Muller, no cached second value, so that the state is the whole state). */
  normal(): number;
  /** Uniform integer in [0, n). */
  int(n: number): number;
  /** A random permutation of 0 .. n-1. */
  permutation(n: number): Uint32Array;
  /** An independent stream; advances this one, so that successive splits differ. */
  split(): Rng;
  state(): RngState;
  setState(state: RngState): void;
}

function splitmix32(seed: number): () => number {
  let s = seed >>> 0;
  return () => {
    s = (s + 0x9e3779b9) >>> 0;
    let z = s;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
}

const rotl = (x: number, k: number): number => ((x << k) | (x >>> (32 - k))) >>> 0;

/** xoshiro128** of Blackman and Vigna (2018), seeded through splitmix32. */
class Xoshiro128 implements Rng {
  private words: [number, number, number, number];

  constructor(words: RngState) {
    this.words = [...words];
  }

  private next(): number {
    const s = this.words;
    const result = Math.imul(rotl(Math.imul(s[1], 5) >>> 0, 7), 9) >>> 0;
    const t = (s[1] << 9) >>> 0;
    s[2] = (s[2] ^ s[0]) >>> 0;
    s[3] = (s[3] ^ s[1]) >>> 0;
    s[1] = (s[1] ^ s[2]) >>> 0;
    s[0] = (s[0] ^ s[3]) >>> 0;
    s[2] = (s[2] ^ t) >>> 0;
    s[3] = rotl(s[3], 11);
    return result;
  }

  uniform(): number {
    return (this.next() >>> 8) / 0x1000000;
  }

  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  int(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 0x100000000) {
      throw new ZooError('INVALID_ARGUMENT', `rng.int(n) needs an integer between 1 and 2^32, got ${n}.`);
    }
    const limit = 0x100000000 - (0x100000000 % n); // values past it would make small results likelier
    let x = this.next();
    while (x >= limit) x = this.next();
    return x % n;
  }

  permutation(n: number): Uint32Array {
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.int(i + 1);
      const swapped = order[i]!;
      order[i] = order[j]!;
      order[j] = swapped;
    }
    return order;
  }

  split(): Rng {
    return createRng(this.next());
  }

  state(): RngState {
    return [...this.words];
  }

  setState(state: RngState): void {
    if (
      state.length !== 4 ||
      state.every((w) => w === 0) ||
      !state.every((w) => Number.isInteger(w) && w >= 0 && w <= 0xffffffff)
    ) {
      throw new ZooError(
        'INVALID_ARGUMENT',
        `An rng state is four 32-bit words, not all zero; got [${state.join(', ')}].`,
      );
    }
    this.words = [state[0], state[1], state[2], state[3]];
  }
}

/** A stream for `seed`, a 32-bit unsigned integer. */
export function createRng(seed: number): Rng {
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
    throw new ZooError('INVALID_ARGUMENT', `A seed is an integer between 0 and 4294967295, got ${seed}.`);
  }
  const next = splitmix32(seed);
  return new Xoshiro128([next(), next(), next(), next()]);
}

let current: Rng = createRng(0);

/** The stream that modules under construction split theirs from. */
export const currentRng = (): Rng => current;

/** Restarts the default stream, as `torch.manual_seed` does. It starts at seed 0. */
export function manualSeed(seed: number): void {
  current = createRng(seed);
}

/** Runs `build` with the default stream seeded, then puts the former stream back; without a seed, just runs it. */
export function seeded<T>(seed: number | undefined, build: () => T): T {
  if (seed === undefined) return build();
  const former = current;
  current = createRng(seed);
  try {
    return build();
  } finally {
    current = former;
  }
}
