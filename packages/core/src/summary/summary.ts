import * as tf from '@tensorflow/tfjs-core';
import { noGrad } from '../autograd/no-grad.ts';
import { ZooError } from '../error.ts';
import { formatShape, numElements } from '../host-tensor.ts';
import { callDepth, currentModule, observeCalls } from '../module/call-stack.ts';
import type { AnyModule } from '../module/module.ts';
import type { Parameter } from '../module/parameter.ts';
import { formatSummary } from './format.ts';
import { runOnShapes } from './shape-backend.ts';

export interface SummaryOptions {
  /** Axis order of the given and the printed image shapes; `nchw` is how PyTorch and the course notes print them. */
  layout?: 'nhwc' | 'nchw';
  /** Type of the input; `int32` for nets that begin with an embedding. */
  dtype?: 'float32' | 'int32';
}

/** One module call. */
export interface SummaryRow {
  /** Dotted name; empty for the net itself. */
  name: string;
  type: string;
  /** 0 for the net itself. */
  depth: number;
  /** True for a module that calls no other. */
  leaf: boolean;
  outputShape: number[];
  /** Parameters of this module and those it called; a shared parameter counts once in the totals. */
  parameters: number;
  trainable: number;
  /** Multiplications followed by an addition, the unit torchvision calls FLOPs. */
  multiplyAdds: number;
  /** Bytes of the output. */
  outputBytes: number;
}

export interface Summary {
  inputShape: number[];
  layout: 'nhwc' | 'nchw';
  /** Callers before the modules they call. */
  rows: SummaryRow[];
  parameters: number;
  trainable: number;
  multiplyAdds: number;
  /** Bytes of all parameters and buffers. */
  stateBytes: number;
  /** Bytes of all leaf outputs: what a training step keeps, roughly. */
  activationBytes: number;
  toString(): string;
}

interface Node {
  row: SummaryRow;
  children: Node[];
}

function firstTensor(value: unknown): tf.Tensor | undefined {
  if (value instanceof tf.Tensor) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const part of Object.values(value)) {
    const found = firstTensor(part);
    if (found) return found;
  }
  return undefined;
}

const toNhwc = ([n, c, h, w]: readonly number[]): number[] => [n!, h!, w!, c!];
const toNchw = ([n, h, w, c]: readonly number[]): number[] => [n!, c!, h!, w!];

function countParameters(parameters: Iterable<Parameter>): number {
  let total = 0;
  for (const parameter of parameters) total += parameter.size;
  return total;
}

/** See `Module.summary`. */
export function summarize(net: AnyModule, inputShape: readonly number[], options: SummaryOptions): Summary {
  const { layout = 'nhwc', dtype = 'float32' } = options;
  if (inputShape.length === 0 || !inputShape.every((d) => Number.isInteger(d) && d > 0)) {
    throw new ZooError(
      'INVALID_ARGUMENT',
      `summary needs a shape of positive integers, got ${formatShape(inputShape)}.`,
    );
  }
  const asPrinted = (shape: number[]) => (layout === 'nchw' && shape.length === 4 ? toNchw(shape) : [...shape]);
  const runtimeShape = layout === 'nchw' && inputShape.length === 4 ? toNhwc(inputShape) : [...inputShape];

  const names = new Map(Array.from(net.namedModules(), ([name, module]) => [module, name]));
  const ownCost = new Map<AnyModule, number>();
  const waiting: Node[][] = [];
  let activationBytes = 0;

  const record = (module: AnyModule, inputs: unknown[], output: unknown) => {
    const depth = callDepth() - 1;
    const children = waiting[depth + 1] ?? [];
    waiting[depth + 1] = [];
    const tensor = firstTensor(output);
    const declared = module.multiplyAdds?.(inputs, output);
    const called = children.reduce((sum, child) => sum + child.row.multiplyAdds, 0);
    const outputBytes = tensor ? tensor.size * tf.util.bytesPerElement(tensor.dtype) : 0;
    if (children.length === 0) activationBytes += outputBytes;
    const row: SummaryRow = {
      name: names.get(module) ?? '',
      type: module.constructor.name,
      depth,
      leaf: children.length === 0,
      outputShape: tensor ? asPrinted(tensor.shape) : [],
      parameters: countParameters(module.parameters()),
      trainable: countParameters(module.trainableParameters()),
      multiplyAdds: declared ?? (ownCost.get(module) ?? 0) + called,
      outputBytes,
    };
    ownCost.delete(module);
    waiting[depth] ??= [];
    waiting[depth].push({ row, children });
  };
  const charge = (multiplyAdds: number) => {
    const module = currentModule();
    if (module) ownCost.set(module, (ownCost.get(module) ?? 0) + multiplyAdds);
  };

  runOnShapes(
    () => {
      observeCalls(record, () => noGrad(() => net.predict(tf.fill(runtimeShape, 0, dtype))));
    },
    { onCost: charge },
  );

  const rows: SummaryRow[] = [];
  const flatten = (node: Node) => {
    rows.push(node.row);
    node.children.forEach(flatten);
  };
  waiting[0]!.forEach(flatten);
  const stateSizes = new Map(Array.from(net.stateEntries(), ([, entry]) => [entry, numElements(entry.shape)]));
  const summary = {
    inputShape: [...inputShape],
    layout,
    rows,
    parameters: countParameters(net.parameters()),
    trainable: countParameters(net.trainableParameters()),
    multiplyAdds: rows[0]!.multiplyAdds,
    stateBytes: 4 * [...stateSizes.values()].reduce((sum, size) => sum + size, 0),
    activationBytes,
  };
  return { ...summary, toString: () => formatSummary(summary) };
}
