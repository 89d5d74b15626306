import { Storage, type TensorData } from '../memory/storage.ts';
import type { Extract, Subgraph } from './subgraph.ts';
import { Value } from './value.ts';

/** Elements of the largest constant that captures are compared by. */
const largestConstant = 4096;

/** What happens while a computation is captured. */
export class Capture {
  /** Number of the first call. */
  readonly start: number;
  /** Values that were pending before. */
  readonly pending: number;
  /** Signatures of the calls. */
  readonly signatures: number[] = [];
  readonly #constants = new Set<Storage>();
  #spoiled = false;

  constructor(start: number, pending: number) {
    this.start = start;
    this.pending = pending;
  }

  /** Something happened that kernel calls do not say. */
  spoil(): void {
    this.#spoiled = true;
  }

  /** A tensor was made of numbers. */
  wrote(storage: Storage): void {
    if (storage.base) this.spoil();
    else this.#constants.add(storage);
  }

  get isSpoiled(): boolean {
    return this.#spoiled;
  }

  isConstant({ storage }: Value): boolean {
    return storage !== undefined && this.#constants.has(storage);
  }
}

/** What a captured computation reads, in the order of the subgraph's inputs. */
export type Leaf<Variable> =
  | { readonly input: number; readonly shape: readonly number[] }
  | { readonly variable: Variable; readonly shape: readonly number[] }
  | { readonly constant: Value };

interface Origins<Variable> {
  inputs: readonly (Value | undefined)[];
  /** By memory; several may share it. */
  variables: ReadonlyMap<Storage, readonly Variable[]>;
}

/** Tells where the values come from that calls read; undefined where that is not clear for all of them. */
export function leavesOf<Variable>(
  { leaves }: Extract,
  capture: Capture,
  { inputs, variables }: Origins<Variable>,
): Array<Leaf<Variable>> | undefined {
  const found: Array<Leaf<Variable>> = [];
  for (const value of leaves) {
    const { storage, shape } = value;
    const isSame = (input: Value | undefined) => input === value || (storage && input?.storage === storage);
    const origins: Array<Leaf<Variable>> = [
      ...inputs.flatMap((given, input) => (isSame(given) ? [{ input, shape }] : [])),
      ...((storage && variables.get(storage)) ?? []).map((variable) => ({ variable, shape })),
    ];
    const isConstant = capture.isConstant(value) && storage!.data.length <= largestConstant;
    // Variables that were first used meanwhile were made of numbers, too.
    if (origins.length === 0 && isConstant) origins.push({ constant: copyOf(value) });
    if (origins.length !== 1) return undefined;
    found.push(origins[0]!);
  }
  return found;
}

/** The same content in memory that is never used for anything else. */
function copyOf({ type, shape, storage }: Value): Value {
  const copy = new Storage(storage!.data.slice());
  copy.owners++;
  return new Value(type, shape, { storage: copy });
}

/** Whether two captured computations read the same things; constants are compared by their content. */
export function sameLeaves<Variable>(a: readonly Leaf<Variable>[], b: readonly Leaf<Variable>[]): boolean {
  return (
    a.length === b.length &&
    a.every((leaf, i) => {
      const other = b[i]!;
      if ('constant' in leaf) return 'constant' in other && sameContent(leaf.constant, other.constant);
      if ('variable' in leaf) return 'variable' in other && leaf.variable === other.variable;
      return 'input' in other && leaf.input === other.input;
    })
  );
}

function sameContent(a: Value, b: Value): boolean {
  const [left, right]: TensorData[] = [a.storage!.data, b.storage!.data];
  return left!.length === right!.length && left!.every((value, i) => Object.is(value, right![i]));
}

/** A subgraph with what it reads. */
export interface Captured<Variable> {
  readonly subgraph: Subgraph;
  readonly leaves: readonly Leaf<Variable>[];
  /** Of the tensor, which may be another than the value's. */
  readonly shape: readonly number[];
}
