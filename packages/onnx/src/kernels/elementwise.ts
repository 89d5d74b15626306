import type { GraphBuilder, GraphValue } from '../graph/graph-builder.ts';
import { broadcastShapes, fittingShape, type Shape, sameSizes } from '../graph/shape.ts';
import type { TensorElement } from '../graph/term.ts';
import type { OnnxAttributes } from '../model/types.ts';
import { forTypes, input, inputList, type KernelMapping, type Mappings } from './mapping.ts';
import { pointwise } from './pointwise.ts';

type Attrs = Readonly<Record<string, unknown>>;
type Unary = (graph: GraphBuilder, x: GraphValue, attrs: Attrs) => GraphValue;
type Binary = (graph: GraphBuilder, a: GraphValue, b: GraphValue, shape: Shape) => GraphValue;

const same = (x: GraphValue) => ({ type: x.type, shape: x.shape });

export const unaryOp = (opType: string, attributes: OnnxAttributes = {}): Unary => {
  return (graph, x) => graph.op(opType, [x], same(x), attributes);
};

export function unary(types: readonly TensorElement[], build: Unary, result?: TensorElement): KernelMapping {
  return forTypes(types, {
    infer: (call) => {
      const { type, shape } = input(call, 'x');
      return [{ type: result ?? type, shape }];
    },
    emit: (graph, call) => [pointwise(graph, [input(call, 'x')], ([x]) => build(graph, x!, call.attrs))],
  });
}

function binary(types: readonly TensorElement[], build: Binary, result?: TensorElement): KernelMapping {
  return forTypes(types, {
    infer: (call) => {
      const [a, b] = [input(call, 'a'), input(call, 'b')];
      const shape = a.type === b.type ? fittingShape([a.shape, b.shape]) : undefined;
      return shape && [{ type: result ?? a.type, shape }];
    },
    emit: (graph, call) => [
      pointwise(graph, [input(call, 'a'), input(call, 'b')], ([a, b], shape) => build(graph, a!, b!, shape)),
    ],
  });
}

const float = ['float32'] as const;
const numbers = ['float32', 'int32'] as const;
const all = ['float32', 'int32', 'bool'] as const;

export const floatLike = (graph: GraphBuilder, x: GraphValue, value: number): GraphValue => graph.scalar(x.type, value);

const arithmetic = (opType: string): Binary => {
  return (graph, a, b, shape) => graph.op(opType, [a, b], { type: a.type, shape });
};

const comparison = (opType: string): Binary => {
  return (graph, a, b, shape) => graph.op(opType, [a, b], { type: 'bool', shape });
};

const not = (graph: GraphBuilder, x: GraphValue) => graph.op('Not', [x], same(x));

const compare = (graph: GraphBuilder, opType: string, x: GraphValue, value: number): GraphValue =>
  graph.op(opType, [x, floatLike(graph, x, value)], { type: 'bool', shape: x.shape });

const where = (graph: GraphBuilder, condition: GraphValue, yes: GraphValue, no: GraphValue): GraphValue =>
  graph.op('Where', [condition, yes, no], { type: yes.type, shape: condition.shape });

const isNotNumber = (graph: GraphBuilder, x: GraphValue): GraphValue =>
  graph.op('IsNaN', [x], { type: 'bool', shape: x.shape });

const roundLike = (opType: string): Unary => {
  return (graph, x) => (x.type === 'int32' ? x : graph.op(opType, [x], same(x)));
};

/** As in tfjs, the sign of NaN is 0. */
const sign: Unary = (graph, x) => {
  const above = graph.cast(compare(graph, 'Greater', x, 0), 'float32');
  return graph.op('Sub', [above, graph.cast(compare(graph, 'Less', x, 0), 'float32')], same(x));
};

/** `tanh(x / 2) (e^x + 1)`: exact near 0, where `e^x - 1` is not. */
const expm1: Unary = (graph, x) => {
  const half = graph.op('Mul', [x, floatLike(graph, x, 0.5)], same(x));
  const sum = graph.op('Add', [graph.op('Exp', [x], same(x)), floatLike(graph, x, 1)], same(x));
  const product = graph.op('Mul', [graph.op('Tanh', [half], same(x)), sum], same(x));
  const tooLarge = compare(graph, 'Greater', x, 80);
  return where(graph, tooLarge, graph.op('Exp', [x], same(x)), product);
};

/** `log(u) x / (u - 1)` with `u = 1 + x`, which is exact near 0. */
const log1p: Unary = (graph, x) => {
  const one = floatLike(graph, x, 1);
  const sum = graph.op('Add', [x, one], same(x));
  const log = graph.op('Log', [sum], same(x));
  const rounded = graph.op('Sub', [sum, one], same(x));
  const ratio = graph.op('Div', [graph.op('Mul', [log, x], same(x)), rounded], same(x));
  const tiny = graph.op('Equal', [rounded, floatLike(graph, x, 0)], { type: 'bool', shape: x.shape });
  const finite = where(graph, compare(graph, 'Greater', x, 1e30), log, ratio);
  return where(graph, tiny, x, finite);
};

/** 1 above 0, `alpha` elsewhere. A steep ramp takes one pass where comparing and selecting take two. */
export const step: Unary = (graph, x, attrs) => {
  const alpha = (attrs['alpha'] as number | undefined) ?? 0;
  if (x.type === 'float32' && alpha === 0) {
    return graph.op('HardSigmoid', [x], same(x), { alpha: { float: 3e38 }, beta: { float: 0 } });
  }
  const chosen = where(graph, compare(graph, 'Greater', x, 0), floatLike(graph, x, 1), floatLike(graph, x, alpha));
  return x.type === 'float32' ? where(graph, isNotNumber(graph, x), x, chosen) : chosen;
};

const clip: Unary = (graph, x, attrs) => {
  const bound = (name: string) => floatLike(graph, x, attrs[name] as number);
  return graph.op('Clip', [x, bound('clipValueMin'), bound('clipValueMax')], same(x));
};

/** `a % b` with the sign of `b`. */
const mod: Binary = (graph, a, b, shape) => {
  const fmod = (x: GraphValue) => graph.op('Mod', [x, b], { type: 'float32', shape }, { fmod: 1 });
  const rest = fmod(a);
  const shifted = fmod(graph.op('Add', [rest, b], { type: 'float32', shape }));
  const negative = (x: GraphValue) => compare(graph, 'Less', x, 0);
  const agree = graph.op('Equal', [negative(a), negative(b)], { type: 'bool', shape });
  return graph.op('Where', [agree, rest, shifted], { type: 'float32', shape });
};

const squaredDifference: Binary = (graph, a, b, shape) => {
  const difference = graph.op('Sub', [a, b], { type: a.type, shape });
  return graph.op('Mul', [difference, difference], { type: a.type, shape });
};

const notEqual: Binary = (graph, a, b, shape) => not(graph, graph.op('Equal', [a, b], { type: 'bool', shape }));

/** `x` where it is at least 0, `slope x` elsewhere. */
export const leaky = (graph: GraphBuilder, x: GraphValue, slope: GraphValue, shape: Shape): GraphValue => {
  const scaled = graph.op('Mul', [x, slope], { type: x.type, shape });
  const positive = compare(graph, 'GreaterOrEqual', x, 0);
  return graph.op('Where', [positive, x, scaled], { type: x.type, shape });
};

const relu6: Unary = (graph, x) => graph.op('Clip', [x, floatLike(graph, x, 0), floatLike(graph, x, 6)], same(x));

const prelu: KernelMapping = forTypes(float, {
  infer: (call) => [{ type: 'float32', shape: broadcastShapes([input(call, 'x').shape, input(call, 'alpha').shape]) }],
  emit: (graph, call) => [
    pointwise(graph, [input(call, 'x'), input(call, 'alpha')], ([x, alpha], shape) => leaky(graph, x!, alpha!, shape)),
  ],
});

const eluGrad: KernelMapping = forTypes(float, {
  infer: (call) => [{ type: 'float32', shape: input(call, 'y').shape }],
  emit: (graph, call) => [
    pointwise(graph, [input(call, 'dy'), input(call, 'y')], ([dy, y]) => {
      const slope = graph.op('Add', [y!, floatLike(graph, y!, 1)], same(y!));
      const product = graph.op('Mul', [dy!, slope], same(y!));
      return where(graph, compare(graph, 'GreaterOrEqual', y!, 0), dy!, product);
    }),
  ],
});

const addN: KernelMapping = forTypes(numbers, {
  infer: (call) => {
    const [first, ...others] = inputList(call);
    return others.every(({ shape }) => sameSizes(shape, first!.shape)) ? [first!] : undefined;
  },
  emit: (graph, call) => [
    pointwise(graph, inputList(call), (values, shape) =>
      values.reduce((sum, value) => graph.op('Add', [sum, value], { type: sum.type, shape })),
    ),
  ],
});

const logical = (opType: string): KernelMapping => binary(['bool'], comparison(opType), 'bool');

const cast: KernelMapping = {
  infer: ({ inputs, attrs }) => {
    const type = attrs['dtype'] as string;
    return all.includes(type as TensorElement)
      ? [{ type: type as TensorElement, shape: inputs['x']!.shape }]
      : undefined;
  },
  emit: (graph, call, [result]) => [pointwise(graph, [input(call, 'x')], ([x]) => graph.cast(x!, result!.type))],
};

const floatUnaries = [
  ...['Exp', 'Log', 'Sqrt', 'Sin', 'Cos', 'Tan', 'Asin', 'Acos', 'Atan', 'Sinh', 'Cosh', 'Asinh', 'Acosh', 'Atanh'],
  ...['Sigmoid', 'Tanh', 'Erf', 'Reciprocal', 'Softplus', 'Elu'],
];

export const numberOp = (mapping: string): KernelMapping => binary(numbers, arithmetic(mapping));

/** Kernels that treat every element alike. */
export const elementwiseKernels: Mappings = {
  ...Object.fromEntries(floatUnaries.map((name) => [name, unary(float, unaryOp(name))])),
  Abs: unary(numbers, unaryOp('Abs')),
  Neg: unary(numbers, unaryOp('Neg')),
  Sign: unary(float, sign),
  Ceil: unary(numbers, roundLike('Ceil')),
  Floor: unary(numbers, roundLike('Floor')),
  Round: unary(numbers, roundLike('Round')),
  Relu6: unary(float, relu6),
  LeakyRelu: unary(float, (graph, x, attrs) => leaky(graph, x, floatLike(graph, x, attrs['alpha'] as number), x.shape)),
  Selu: unary(float, unaryOp('Selu', { alpha: { float: 1.6732632423543772 }, gamma: { float: 1.0507009873554805 } })),
  Rsqrt: unary(float, (graph, x) => graph.op('Reciprocal', [graph.op('Sqrt', [x], same(x))], same(x))),
  Square: unary(numbers, (graph, x) => graph.op('Mul', [x, x], same(x))),
  Expm1: unary(float, expm1),
  Log1p: unary(float, log1p),
  ClipByValue: unary(numbers, clip),
  IsNan: unary(float, isNotNumber, 'bool'),
  IsInf: unary(float, (graph, x) => graph.op('IsInf', [x], { type: 'bool', shape: x.shape }), 'bool'),
  LogicalNot: unary(['bool'], not),
  Cast: cast,
  Sub: numberOp('Sub'),
  RealDiv: binary(float, arithmetic('Div')),
  Mod: binary(float, mod),
  Pow: binary(float, arithmetic('Pow')),
  Maximum: numberOp('Max'),
  Minimum: numberOp('Min'),
  SquaredDifference: binary(numbers, squaredDifference),
  Equal: binary(all, comparison('Equal'), 'bool'),
  NotEqual: binary(all, notEqual, 'bool'),
  Greater: binary(numbers, comparison('Greater'), 'bool'),
  GreaterEqual: binary(numbers, comparison('GreaterOrEqual'), 'bool'),
  Less: binary(numbers, comparison('Less'), 'bool'),
  LessEqual: binary(numbers, comparison('LessOrEqual'), 'bool'),
  LogicalAnd: logical('And'),
  LogicalOr: logical('Or'),
  Prelu: prelu,
  EluGrad: eluGrad,
  AddN: addN,
};
