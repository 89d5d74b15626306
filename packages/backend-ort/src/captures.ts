import { engine, type KernelBackend, Tensor, type Variable } from '@tensorflow/tfjs-core';
import type { CapturedCalls } from '@zoo/core';
import type { TensorStore } from './memory/tensor-store.ts';
import { type Captured, leavesOf, sameLeaves } from './recording/capture.ts';
import type { Recorder } from './recording/recorder.ts';
import type { Value } from './recording/value.ts';

/** Notes what computations record, and records it again without them. */
export class Captures {
  readonly #backend: KernelBackend;
  readonly #tensors: TensorStore;
  readonly #recorder: Recorder;
  readonly #known = new WeakMap<CapturedCalls, Captured<Variable>>();

  constructor(backend: KernelBackend, tensors: TensorStore, recorder: Recorder) {
    this.#backend = backend;
    this.#tensors = tensors;
    this.#recorder = recorder;
  }

  /** The contract is `CapturingBackend`'s. */
  capture<T>(inputs: readonly Tensor[], compute: () => T): { output: T; captured?: CapturedCalls } {
    this.#settleVariables();
    const given = inputs.map(({ dataId }) => this.#tensors.get(dataId).value);
    const { result: output, capture } = this.#recorder.captured(compute);
    const value = output instanceof Tensor ? this.#tensors.get(output.dataId).value : undefined;
    const calls = value && this.#recorder.extract(value, capture);
    const leaves = calls && leavesOf(calls, capture, { inputs: given, variables: this.#tensors.variables() });
    if (!leaves) {
      if (!capture.isSpoiled) this.#recorder.afterCalls(capture);
      return { output };
    }
    const subgraph = this.#recorder.replaceCalls(value, calls);
    this.#recorder.afterCall(subgraph.signature, subgraph.calls.length);
    return { output, captured: this.#repeatable({ subgraph, leaves, shape: (output as Tensor).shape }) };
  }

  /** What variables were assigned, such as folded weights, has a graph of its own: the one that is captured will be met again. */
  #settleVariables(): void {
    const variables = Object.values(engine().registeredVariables);
    const isPending = ({ dataId }: Variable) => this.#tensors.find(dataId)?.value?.call !== undefined;
    if (!variables.some(isPending)) return;
    try {
      this.#recorder.flush();
    } catch {
      // Whoever reads one of these tensors gets the error.
    }
  }

  #repeatable(captured: Captured<Variable>): CapturedCalls {
    const { subgraph, leaves } = captured;
    const calls: CapturedCalls = {
      equals: (other) => {
        const theirs = this.#known.get(other);
        return theirs?.subgraph === subgraph && sameLeaves(leaves, theirs.leaves);
      },
      replay: (inputs) => this.#replay(captured, inputs),
    };
    this.#known.set(calls, captured);
    return calls;
  }

  #replay({ subgraph, leaves, shape }: Captured<Variable>, inputs: readonly Tensor[]): Tensor | undefined {
    const values: Value[] = [];
    for (const leaf of leaves) {
      if ('constant' in leaf) {
        values.push(leaf.constant);
        continue;
      }
      const tensor = 'input' in leaf ? inputs[leaf.input]! : leaf.variable;
      const value = tensor.isDisposed ? undefined : this.#tensors.get(tensor.dataId).value;
      if (!value) return undefined;
      values.push(this.#recorder.viewAs(value, leaf.shape));
    }
    const dataId = this.#tensors.add({ value: this.#recorder.recordSubgraph(subgraph, values) });
    const info = { dataId, shape: [...shape], dtype: subgraph.output.type };
    const output = engine().makeTensorFromTensorInfo(info, this.#backend);
    this.#recorder.afterCall(subgraph.signature, subgraph.calls.length);
    return output;
  }
}
