import type { HostTensor } from '../host-tensor.ts';

/** Brand by which modules find their state, whichever copy of this package made it. */
export const stateKind: unique symbol = Symbol.for('@zoo/core/state') as never;

/** One named tensor of a module's state. */
export interface StateEntry {
  readonly [stateKind]: 'parameter' | 'buffer';
  /** Shape in PyTorch's layout. */
  readonly shape: readonly number[];
  /** A host copy in PyTorch's layout. */
  toHost(): Promise<HostTensor>;
  /** Takes values in PyTorch's layout. */
  load(tensor: HostTensor): void;
  dispose(): void;
}

export const isStateEntry = (value: unknown): value is StateEntry =>
  typeof value === 'object' && value !== null && stateKind in value;
