import type { TensorElement } from '@zoo/onnx';
import type { Storage } from '../memory/storage.ts';
import type { Subgraph } from './subgraph.ts';

/** A kernel call that has not run yet. */
export interface Call {
  /** Ascends in the order of recording. */
  readonly id: number;
  readonly kernelName: string;
  /** The same number for calls of one kernel with equal attributes on equal types. */
  readonly signature: number;
  readonly inputNames: readonly string[];
  readonly inputs: readonly Value[];
  readonly attrs: Readonly<Record<string, unknown>>;
  /** The calls that this one stands for; its kernel's name then means nothing. */
  readonly subgraph?: Subgraph;
}

/** A tensor's content: in memory, or what a call will give. */
export class Value {
  readonly type: TensorElement;
  readonly shape: readonly number[];
  storage: Storage | undefined;
  call: Call | undefined;
  result: number;
  /** The same content under other shapes. */
  views: Map<string, Value> | undefined;

  constructor(
    type: TensorElement,
    shape: readonly number[],
    source: { storage: Storage } | { call: Call; result: number },
  ) {
    this.type = type;
    this.shape = shape;
    this.storage = 'storage' in source ? source.storage : undefined;
    this.call = 'call' in source ? source.call : undefined;
    this.result = 'call' in source ? source.result : 0;
  }
  /** Its call has run. */
  computed(storage: Storage): void {
    this.storage = storage;
    storage.owners++;
    this.call = undefined;
    for (const view of this.views?.values() ?? []) {
      view.storage = storage;
      view.call = undefined;
    }
  }
}
