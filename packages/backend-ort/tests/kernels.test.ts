import * as tf from '@tensorflow/tfjs-core';
import '@zoo/core';
import { describe, it } from 'vitest';
import { compare, normal } from './against-cpu.ts';

const positive = (...shape: number[]) =>
  Object.assign(
    normal(...shape).map((v) => Math.abs(v) + 0.1),
    { shape },
  );

/** The result and the gradients of all inputs, for a random direction. */
const withGrads =
  (f: (...x: tf.Tensor[]) => tf.Tensor) =>
  (...inputs: tf.Tensor[]): tf.Tensor[] => {
    const y = f(...inputs);
    const dy = tf.cos(tf.reshape(tf.range(0, y.size), y.shape));
    return [y, ...tf.grads((...x: tf.Tensor[]) => f(...x))(inputs, dy)];
  };

const cases: Record<
  string,
  [inputs: Array<ReturnType<typeof normal>>, (...x: tf.Tensor[]) => tf.Tensor | tf.Tensor[]]
> = {
  'elementwise functions': [
    [normal(2, 3), positive(2, 3)],
    (x, p) => [
      ...[
        tf.exp,
        tf.sin,
        tf.cos,
        tf.tanh,
        tf.sigmoid,
        tf.relu,
        tf.relu6,
        tf.elu,
        tf.selu,
        tf.softplus,
        tf.erf,
        tf.abs,
      ].map((f) => f(x!)),
      ...[
        tf.log,
        tf.sqrt,
        tf.rsqrt,
        tf.reciprocal,
        tf.log1p,
        tf.expm1,
        tf.square,
        tf.neg,
        tf.sign,
        tf.floor,
        tf.ceil,
      ].map((f) => f(p!)),
      tf.step(x!, 0.5),
      tf.step(x!),
      tf.leakyRelu(x!, 0.3),
      tf.clipByValue(x!, -0.5, 0.5),
      tf.prelu(x!, p!),
    ],
  ],
  'small arguments of expm1 and log1p': [
    [Object.assign(Float32Array.of(1e-7, -1e-6, 1e-20, 0, 3), { shape: [5] })],
    (x) => [tf.mul(tf.expm1(x!), 1e6), tf.mul(tf.log1p(x!), 1e6)],
  ],
  'arithmetic with broadcasting': [
    [normal(2, 3, 4), positive(3, 1), positive(4)],
    (x, a, b) => [
      tf.add(x!, a!),
      tf.sub(x!, b!),
      tf.mul(a!, b!),
      tf.div(x!, a!),
      tf.pow(a!, b!),
      tf.mod(x!, b!),
      tf.maximum(x!, b!),
      tf.minimum(x!, a!),
      tf.squaredDifference(x!, b!),
    ],
  ],
  'integers and booleans': [
    [normal(3, 4), normal(3, 4)],
    (x, y) => {
      const [i, j] = [tf.cast(tf.mul(x!, 10), 'int32'), tf.cast(tf.mul(y!, 10), 'int32')];
      const [p, q] = [tf.greater(i, j), tf.lessEqual(x!, 0)];
      return [
        i,
        tf.add(i, j),
        tf.mul(i, j),
        tf.sub(i, j),
        tf.maximum(i, j),
        tf.floorDiv(i, 3),
        tf.mod(i, 3),
        tf.sum(i, 0),
        tf.max(i),
        tf.mean(i),
        p,
        tf.logicalAnd(p, q),
        tf.logicalOr(p, q),
        tf.logicalNot(p),
        tf.logicalXor(p, q),
        tf.equal(i, j),
        tf.notEqual(p, q),
        tf.where(p, i, j),
        tf.where(p, x!, y!),
        tf.cast(p, 'float32'),
        tf.cast(i, 'bool'),
        tf.all(p, 1),
        tf.any(p),
        tf.sum(p),
        tf.argMax(x!, 1),
        tf.argMin(i, 0),
        tf.clipByValue(i, -2, 2),
        tf.relu(i),
      ];
    },
  ],
  reductions: [
    [normal(2, 3, 4)],
    (x) => [
      tf.sum(x!),
      tf.sum(x!, [0, 2]),
      tf.sum(x!, -1, true),
      tf.mean(x!, 1),
      tf.max(x!, 2),
      tf.min(x!),
      tf.prod(x!, 0),
      tf.softmax(x!),
      tf.logSoftmax(x!),
      tf.logSumExp(x!, 1),
      tf.cumsum(x!, 1, true, true),
      tf.norm(x!),
    ],
  ],
  arrangement: [
    [normal(2, 3, 4), normal(2, 3, 4)],
    (x, y) => [
      tf.transpose(x!, [2, 0, 1]),
      tf.slice(x!, [0, 1, 1], [2, 2, 2]),
      tf.concat([x!, y!], 1),
      tf.stack([x!, y!], -1),
      ...tf.unstack(x!, 1),
      ...tf.split(x!, [1, 3], 2),
      tf.pad(
        x!,
        [
          [0, 1],
          [2, 0],
          [1, 1],
        ],
        7,
      ),
      tf.mirrorPad(
        x!,
        [
          [0, 0],
          [1, 1],
          [2, 0],
        ],
        'reflect',
      ),
      tf.mirrorPad(
        x!,
        [
          [0, 0],
          [1, 1],
          [2, 0],
        ],
        'symmetric',
      ),
      tf.tile(x!, [1, 2, 3]),
      tf.broadcastTo(tf.slice(x!, [0, 0, 0], [2, 1, 4]), [2, 5, 4]),
      tf.reverse(x!, [0, 2]),
      tf.expandDims(x!, 1),
      tf.zerosLike(x!),
      tf.onesLike(x!),
      tf.fill([2, 2], 3),
      tf.range(5, 0, -2),
      tf.linspace(0, 1, 4),
      tf.stridedSlice(x!, [0, 0, 0], [2, 3, 4], [1, 2, 2]),
      tf.squeeze(tf.slice(x!, [0, 1, 0], [2, 1, 4])),
      tf.slice(x!, 1, 1),
    ],
  ],
  indices: [
    [normal(4, 3)],
    (x) => {
      const at = tf.tensor1d([2, 0, 2], 'int32');
      return [
        tf.gather(x!, at),
        tf.gather(x!, at, 1),
        tf.oneHot(at, 4),
        tf.gatherND(
          x!,
          tf.tensor2d(
            [
              [1, 2],
              [3, 0],
            ],
            [2, 2],
            'int32',
          ),
        ),
        tf.unsortedSegmentSum(tf.slice(x!, 0, 3), at, 4),
        tf.unsortedSegmentSum(tf.slice(x!, 0, 3), tf.tensor1d([-1, 1, 9], 'int32'), 2),
        tf.scatterND(tf.tensor2d([[1], [1]], [2, 1], 'int32'), tf.slice(x!, 0, 2), [3, 3]),
        ...Object.values(tf.topk(x!, 2)),
      ];
    },
  ],
  products: [
    [normal(3, 4), normal(4, 5), normal(2, 3, 4), normal(2, 5, 4), normal(5)],
    (a, b, c, d, e) => [
      tf.matMul(a!, b!),
      tf.matMul(b!, a!, true, true),
      tf.matMul(c!, d!, false, true),
      tf.matMul(c!, b!),
      tf.einsum('ij,bkj->bik', a!, d!),
      tf.fused.matMul({ a: a as tf.Tensor2D, b: b as tf.Tensor2D, bias: e!, activation: 'relu6' }),
      tf.matMul(tf.cast(a!, 'int32'), tf.cast(b!, 'int32')),
    ],
  ],
  'gradients of dense layers': [
    [normal(6, 4), normal(4, 5), normal(5)],
    withGrads((x, w, b) => tf.logSoftmax(tf.tanh(tf.add(tf.matMul(x!, w!), b!)))),
  ],
  'gradients of sums and means': [
    [normal(2, 3, 4)],
    withGrads((x) => tf.mul(tf.mean(tf.square(x!), [0, 2]), tf.sum(x!))),
  ],
  'second derivatives': [
    [normal(3, 4)],
    (x) =>
      tf.grad((v: tf.Tensor) => tf.square(tf.sum(tf.grad((u: tf.Tensor) => tf.mean(tf.mul(u, tf.square(u))))(v))))(x!),
  ],
};

const conv = (
  name: string,
  x: number[],
  w: number[],
  strides: number | [number, number],
  pad: 'same' | 'valid' | number | tf.backend_util.ExplicitPadding,
) => {
  cases[`convolution ${name} and its gradients`] = [
    [normal(...x), normal(...w)],
    withGrads((a, b) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, strides, pad as 'same')),
  ];
};
conv('3x3', [2, 6, 5, 3], [3, 3, 3, 4], 1, 'same');
conv('of many channels', [2, 5, 6, 16], [3, 3, 16, 32], 1, 1);
conv('with stride and leftover rows', [2, 8, 9, 16], [3, 3, 16, 16], 2, 'valid');
conv('with stride, same', [1, 7, 8, 2], [3, 3, 2, 3], 2, 'same');
conv('1x1', [2, 4, 4, 16], [1, 1, 16, 16], 1, 'valid');
conv('1x1 with stride', [2, 5, 4, 16], [1, 1, 16, 16], 2, 'valid');
conv('7x7 of images', [1, 16, 16, 3], [7, 7, 3, 16], 2, [
  [0, 0],
  [3, 3],
  [3, 3],
  [0, 0],
]);
conv('with uneven padding', [1, 5, 5, 16], [3, 2, 16, 16], 1, [
  [0, 0],
  [2, 0],
  [1, 0],
  [0, 0],
]);

for (const pad of ['valid', 'same', 1] as const) {
  cases[`depthwise convolution, ${pad}, and its gradients`] = [
    [normal(2, 6, 5, 3), normal(3, 3, 3, 2)],
    withGrads((x, w) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, pad as 'same')),
  ];
  cases[`max pool, ${pad}, and its gradient`] = [
    [normal(2, 7, 6, 3)],
    withGrads((x) => tf.maxPool(x as tf.Tensor4D, 3, 2, pad)),
  ];
  cases[`average pool, ${pad}, and its gradient`] = [
    [normal(2, 7, 6, 3)],
    withGrads((x) => tf.avgPool(x as tf.Tensor4D, 3, 2, pad)),
  ];
}
cases['max pool of equal values'] = [
  [Object.assign(new Float32Array(2 * 16 * 3), { shape: [2, 4, 4, 3] })],
  withGrads((x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid')),
];
cases['fused and dilated convolutions'] = [
  [normal(1, 6, 6, 2), normal(3, 3, 2, 4), normal(4)],
  (x, w, bias) => [
    tf.fused.conv2d({
      x: x as tf.Tensor4D,
      filter: w as tf.Tensor4D,
      strides: 1,
      pad: 'same',
      bias: bias!,
      activation: 'relu',
    }),
    tf.fused.conv2d({
      x: x as tf.Tensor4D,
      filter: w as tf.Tensor4D,
      strides: 2,
      pad: 'valid',
      bias: bias!,
      activation: 'leakyrelu',
      leakyreluAlpha: 0.3,
    }),
    tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same', 'NHWC', 2),
  ],
];
cases['batch normalization and its gradients'] = [
  [normal(2, 4, 3, 5), normal(5), positive(5), normal(5), normal(5)],
  withGrads((x, mean, variance, offset, scale) =>
    tf.batchNorm(x!, mean as tf.Tensor1D, variance as tf.Tensor1D, offset as tf.Tensor1D, scale as tf.Tensor1D),
  ),
];
cases['images joined along channels, sliced and padded'] = [
  [normal(2, 4, 4, 3), normal(1, 1, 3, 4), normal(4)],
  withGrads((x, w, b) => {
    const y = tf.relu(tf.add(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'valid'), b!));
    const joined = tf.concat([y, x!], 3);
    const cut = tf.slice(joined, [0, 1, 0, 2], [2, 3, 4, 5]);
    return tf.pad(tf.mul(cut, tf.reshape(tf.mean(cut, [1, 2]), [2, 1, 1, 5])), [
      [0, 0],
      [1, 0],
      [0, 2],
      [0, 1],
    ]);
  }),
];
for (const [alignCorners, halfPixel] of [
  [false, false],
  [true, false],
  [false, true],
] as const) {
  cases[`bilinear resizing, alignCorners ${alignCorners}, halfPixelCenters ${halfPixel}`] = [
    [normal(1, 4, 5, 2)],
    (x) => [
      tf.image.resizeBilinear(x as tf.Tensor4D, [7, 3], alignCorners, halfPixel),
      tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [7, 3], alignCorners, halfPixel),
    ],
  ];
}

describe('kernels give what the cpu engine gives', () => {
  for (const [name, [inputs, compute]] of Object.entries(cases)) it(name, () => compare(inputs, compute, 5e-6));
});
