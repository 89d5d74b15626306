import { type DataId, engine, type TensorInfo, type TypedArray } from '@tensorflow/tfjs-core';
import { type AnyModule, currentModule, type TracedState, ZooError } from '@zoo/core';
import type { TensorType } from '../graph/term.ts';
import { inferCall } from '../kernels/kernels.ts';
import type { ElementData } from '../model/types.ts';
import type { Program, ProgramCall, ProgramLeaf, ProgramValue } from '../program.ts';
import { type Constant, knownConstant } from './constant.ts';

interface Recorded {
  value: ProgramValue;
  type: TensorType;
  /** The matrix that this is the transpose of. */
  transposed?: Recorded;
}

type Kernel = { readonly inputs: Readonly<Record<string, TensorInfo | undefined>>; readonly attrs: object };

const elements = ['float32', 'int32', 'bool'];
const arrayTypes = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };

/** The calls of kernels that a net makes, without their data. */
export class Recording {
  /** Constants by the names that the program gives them. */
  readonly constants = new Map<string, Constant>();
  /** The innermost module of each call. */
  readonly modules: Array<AnyModule | undefined> = [];
  readonly #leaves: ProgramLeaf[] = [];
  readonly #calls: ProgramCall[] = [];
  readonly #outputs: Program['outputs'][number][] = [];
  readonly #values = new WeakMap<DataId, Recorded>();
  readonly #states = new Map<TracedState, Recorded>();
  readonly #nameOf: (state: TracedState) => string | undefined;

  /** `nameOf` gives the state-dict key of a parameter or buffer. */
  constructor(nameOf: (state: TracedState) => string | undefined) {
    this.#nameOf = nameOf;
  }

  get program(): Program {
    return { leaves: this.#leaves, calls: this.#calls, outputs: this.#outputs };
  }

  input(name: string, type: TensorType): TensorInfo {
    this.#leaves.push({ name, ...type });
    return this.#infoOf({ value: { leaf: this.#leaves.length - 1 }, type });
  }

  output(name: string, info: TensorInfo): void {
    this.#outputs.push({ name, value: this.#recorded(info).value });
  }

  /** A parameter or buffer: a constant in PyTorch's layout, then the transpose that the net sees. */
  state(state: TracedState): TensorInfo {
    const known = this.#states.get(state);
    if (known) return this.#infoOf(known);
    const origin = this.#nameOf(state);
    const stored = this.#constant({
      type: 'float32',
      shape: state.shape,
      ...(origin !== undefined && { origin }),
      read: async () => (await state.toHost()).data as Float32Array,
    });
    const { toTorchAxes } = state;
    const layout = toTorchAxes.map((_, axis) => toTorchAxes.indexOf(axis));
    const recorded = layout.every((axis, i) => axis === i) ? stored : this.#transpose(stored, layout);
    this.#states.set(state, recorded);
    return this.#infoOf(recorded);
  }

  /** Values that the net itself holds. */
  values(data: ArrayLike<number>, shape: readonly number[], dtype: string): TensorInfo {
    const type = this.#element(dtype);
    const same = data.length > 16 && Array.prototype.every.call(data, (value) => value === data[0]);
    if (same) return this.filled(shape, data[0]!, dtype);
    return this.#infoOf(this.#constant(knownConstant(type, [...shape], arrayTypes[type].from(data))));
  }

  /** A tensor full of one value, which is stored once. */
  filled(shape: readonly number[], value: number, dtype: string): TensorInfo {
    const type = this.#element(dtype);
    const scalar = this.#constant(knownConstant(type, [], arrayTypes[type].of(value)));
    if (shape.length === 0) return this.#infoOf(scalar);
    return this.#infoOf(this.#call('BroadcastTo', { x: scalar }, { shape: [...shape] })[0]!);
  }

  /** Records a call. Throws NOT_SUPPORTED where ONNX has no counterpart. */
  kernel(kernelName: string, { inputs, attrs }: Kernel): TensorInfo[] {
    const given = Object.entries(inputs).filter((entry): entry is [string, TensorInfo] => entry[1] !== undefined);
    const recorded = Object.fromEntries(given.map(([name, info]) => [name, this.#recorded(info)]));
    const { b } = recorded;
    // A stored [out, in] matrix is used as it is, as PyTorch's export does.
    if (kernelName === 'BatchMatMul' && b?.transposed && recorded['a']!.type.shape.length === 2) {
      const flags = { ...attrs, transposeB: !(attrs as { transposeB?: boolean }).transposeB };
      return this.#call(kernelName, { ...recorded, b: b.transposed }, flags).map((result) => this.#infoOf(result));
    }
    return this.#call(kernelName, recorded, { ...attrs }).map((result) => this.#infoOf(result));
  }

  #call(kernelName: string, inputs: Record<string, Recorded>, attrs: Record<string, unknown>): Recorded[] {
    const types = Object.fromEntries(Object.entries(inputs).map(([name, { type }]) => [name, type]));
    const results = inferCall(kernelName, { inputs: types, attrs });
    if (!results) {
      const shapes = Object.entries(types).map(([name, { type, shape }]) => `${name}: ${type} [${shape}]`);
      throw unsupported(kernelName, shapes.length > 0 ? ` of ${shapes.join(', ')}` : '');
    }
    const values = Object.fromEntries(Object.entries(inputs).map(([name, { value }]) => [name, value]));
    this.#calls.push({ kernelName, inputs: values, attrs });
    this.modules.push(currentModule());
    const call = this.#calls.length - 1;
    return results.map((type, result) => ({ value: { call, result }, type }));
  }

  #transpose(x: Recorded, perm: number[]): Recorded {
    const [result] = this.#call('Transpose', { x }, { perm });
    return perm.length === 2 ? { ...result!, transposed: x } : result!;
  }

  #constant(constant: Constant): Recorded {
    const name = `constant ${this.#leaves.length}`;
    const { shape, known } = constant;
    const type = this.#element(constant.type);
    this.constants.set(name, constant);
    this.#leaves.push({ name, type, shape, constant: { type, shape, data: known ?? new Float32Array() } });
    return { value: { leaf: this.#leaves.length - 1 }, type: { type, shape } };
  }

  #infoOf(recorded: Recorded): TensorInfo {
    const dataId = {};
    this.#values.set(dataId, recorded);
    return { dataId, shape: [...recorded.type.shape], dtype: recorded.type.type };
  }

  #recorded(info: TensorInfo): Recorded {
    const recorded = this.#values.get(info.dataId) ?? this.#foreign(info);
    const { type, shape } = recorded.type;
    if (shape.length === info.shape.length && shape.every((size, i) => size === info.shape[i])) return recorded;
    return this.#call('Reshape', { x: { ...recorded, type: { type, shape } } }, { shape: [...info.shape] })[0]!;
  }

  /** A tensor that the net keeps on the backend it runs on. */
  #foreign({ dataId, dtype, shape }: TensorInfo): Recorded {
    const { backend } = engine().state.tensorInfo.get(dataId)!;
    const recorded = this.#constant({
      type: this.#element(dtype),
      shape,
      read: async () =>
        arrayTypes[this.#element(dtype)].from((await backend.read(dataId)) as TypedArray) as ElementData,
    });
    this.#values.set(dataId, recorded);
    return recorded;
  }

  #element(dtype: string): TensorType['type'] {
    if (elements.includes(dtype)) return dtype as TensorType['type'];
    throw new ZooError(
      'NOT_SUPPORTED',
      `Tensors of type ${dtype} cannot be exported to ONNX, only ${elements.join(', ')}.`,
    );
  }
}

/** The error for an op without counterpart; the path of the layer is put before it on its way up. */
export const unsupported = (kernelName: string, inputs = ''): ZooError =>
  new ZooError(
    'NOT_SUPPORTED',
    `The op ${kernelName}${inputs} cannot be exported to ONNX. Write this layer with other ops (mappedKernels() lists ` +
      "them), or give exportOnnx a 'forward' that ends before this layer.",
  );
