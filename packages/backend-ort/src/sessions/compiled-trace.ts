import type { Storage } from '../memory/storage.ts';
import type { Native, Optimization } from '../native/native.ts';
import { kernelCalls, type Trace } from '../recording/trace.ts';
import type { Value } from '../recording/value.ts';
import { Session, type SessionOptions } from './session.ts';

/** Tells contents apart: numbers by value, since tfjs makes a new tensor of the same number each time. */
type Identity = number | string;

const identityOf = ({ storage }: Value): Identity => (storage!.data.length === 1 ? `${storage!.data[0]}` : storage!.id);

/** Asks for the memory that may become constants; undefined where none may. */
export type Weights = (() => ReadonlyMap<Storage, unknown>) | undefined;

/** The sessions of one structure: one that is fed everything, and perhaps one with the weights inside. */
export class CompiledTrace {
  readonly #native: Native;
  readonly #options: SessionOptions;
  readonly #isInference: boolean;
  readonly plain: Session;
  #baked: { session: Session; ids: ReadonlyMap<number, Identity> } | undefined;
  /** What the last run was fed, by place. */
  #fed: readonly Identity[] = [];
  /** Milliseconds of runs that baking would have made shorter. */
  #spent = 0;
  /** How much must be spent before baking pays: more each time that baked weights have changed. */
  #patience = 2;

  constructor(native: Native, trace: Trace, options: SessionOptions) {
    this.#native = native;
    this.#options = options;
    const { isInference, optimization } = purposeOf(trace);
    this.#isInference = isInference;
    this.plain = new Session(native, trace, options, { optimization });
  }

  /** Bytes that the sessions may hold, roughly. */
  get bytes(): number {
    return this.plain.bytes + (this.#baked?.session.bytes ?? 0);
  }

  /**
   * The session to run `trace` with and the leaves that it needs not be fed. Constant weights are laid out once, at compile
   * time, and batch norms fold into them; so weights that stay the same are baked in once the time spent without exceeds
   * what it takes to compile. Without `weights`, in a mode in which results repeat, nothing is.
   */
  choose(trace: Trace, weightsOf: Weights): { session: Session; baked: ReadonlyMap<number, Identity> } {
    const none = { session: this.plain, baked: new Map<number, Identity>() };
    if (!this.#isInference) return none;
    const ids = trace.leaves.map(identityOf);
    if (this.#baked) {
      const { session, ids: constants } = this.#baked;
      let isSame = weightsOf !== undefined;
      for (const [place, id] of constants) isSame &&= ids[place] === id;
      if (isSame) return { session, baked: constants };
      session.dispose();
      this.#baked = undefined;
      this.#spent = 0;
      this.#patience *= 4;
    }
    const fed = this.#fed;
    this.#fed = ids;
    if (!weightsOf || this.#spent < this.#patience * this.plain.compileMs) return none;
    const weights = weightsOf();
    // Statistics of batch norms and numbers are no variables.
    const isWeight = (leaf: Value) => weights.has(leaf.storage!) || leaf.shape.length < 2;
    const constants = new Map(
      trace.leaves.flatMap((leaf, place) =>
        fed[place] === ids[place] && isWeight(leaf) ? [[place, ids[place]!]] : [],
      ),
    );
    const isComplete = trace.leaves.every((leaf, place) => constants.has(place) || !weights.has(leaf.storage!));
    // A training step without convolutions looks like inference, but its weights are no longer the variables' contents:
    // numbers such as a learning rate are all that would be left to bake.
    const bakesProducts = trace.leaves.some((leaf, place) => constants.has(place) && leaf.shape.length > 1);
    // Where nothing is left to feed, the graph would be its own result.
    if (!bakesProducts || constants.size === trace.leaves.length || !isComplete) {
      this.#spent = 0;
      return none;
    }
    const baked = new Set(constants.keys());
    const session = new Session(this.#native, trace, this.#options, { optimization: 'all', baked });
    this.#baked = { session, ids: constants };
    return { session, baked: constants };
  }

  /** Remembers how long a run with fed weights took. */
  ran(session: Session, milliseconds: number): void {
    if (session === this.plain) this.#spent += milliseconds;
  }

  dispose(): void {
    this.plain.dispose();
    this.#baked?.session.dispose();
    this.#baked = undefined;
  }
}

const products = new Set([
  'Conv2D',
  'FusedConv2D',
  'DepthwiseConv2dNative',
  'FusedDepthwiseConv2D',
  'BatchMatMul',
  '_FusedMatMul',
]);

/** What a trace is compiled for: baking pays for products with weights, if there are no gradients of them. */
function purposeOf(trace: Trace): { isInference: boolean; optimization: Optimization } {
  const names = Array.from(kernelCalls(trace), ({ kernelName }) => kernelName);
  const hasGradients = names.some((name) => name.includes('Backprop'));
  const isInference = !hasGradients && names.some((name) => products.has(name));
  return { isInference, optimization: hasGradients ? 'basic' : 'all' };
}
