import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, it } from 'vitest';
import { compare, normal, startOrt } from './against-cpu.ts';

type Compute = (...x: tf.Tensor[]) => tf.Tensor | tf.Tensor[];

/** Whole numbers from -2 to 2, so that many windows have their maximum more than once. */
const steps = (...shape: number[]) => {
  const values = normal(...shape);
  for (const [i, value] of values.entries()) values[i] = Math.max(-2, Math.min(2, Math.round(value)));
  return values;
};

/** Gradients of `f`, weighted differently everywhere. */
const slopes =
  (f: (...x: tf.Tensor[]) => tf.Tensor): Compute =>
  (...x) => {
    const weighted = (...given: tf.Tensor[]) => {
      const y = f(...given);
      return tf.sum(tf.mul(y, tf.reshape(tf.cos(tf.range(0, y.size)), y.shape)));
    };
    return [f(...x), ...tf.grads(weighted)(x)];
  };

const conv = (x: tf.Tensor, w: tf.Tensor, stride = 1, pad: 'same' | 'valid' | number = 'same') =>
  tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad);

beforeAll(startOrt);

describe('channels in blocks give what the cpu engine gives', () => {
  const cases: Record<string, [ReturnType<typeof normal>[], Compute]> = {
    'a chain of convolutions, biases and activations': [
      [normal(2, 8, 8, 16), normal(3, 3, 16, 32), normal(32), normal(1, 1, 32, 16)],
      slopes((x, w, b, v) => tf.relu(conv(tf.relu(tf.add(conv(x!, w!), b!)), v!))),
    ],
    'images of few channels': [
      [normal(2, 16, 16, 3), normal(7, 7, 3, 16), normal(16)],
      slopes((x, w, b) => tf.relu(tf.add(conv(x!, w!, 2), b!))),
    ],
    'many images of few channels': [
      [normal(16, 8, 8, 3), normal(3, 3, 3, 16)],
      slopes((x, w) => tf.relu(conv(x!, w!, 1, 'valid'))),
    ],
    'many images, padded': [[normal(32, 6, 5, 1), normal(5, 5, 1, 16)], slopes((x, w) => conv(x!, w!, 1, 2))],
    'a residual sum of blocks': [
      [normal(2, 4, 6, 16), normal(3, 3, 16, 16), normal(3, 3, 16, 16)],
      slopes((x, w, v) => {
        const y = tf.relu(conv(x!, w!));
        return tf.relu(tf.add(conv(y, v!), y));
      }),
    ],
    'numbers per channel, per image and alone': [
      [normal(2, 4, 4, 16), normal(3, 3, 16, 32), normal(32), normal(2, 1, 1, 32), normal(1)],
      slopes((x, w, c, image, one) => {
        const y = conv(x!, w!);
        return tf.sub(tf.mul(tf.add(tf.mul(y, c!), c!), image!), tf.mul(one!, y));
      }),
    ],
    'a sum that also somebody else reads': [
      [normal(1, 4, 4, 16), normal(3, 3, 16, 16), normal(16)],
      slopes((x, w, b) => {
        const raw = conv(x!, w!);
        const sum = tf.add(raw, b!);
        return tf.mul(tf.add(tf.relu(sum), raw), sum);
      }),
    ],
    'sums and means over pixels and images': [
      [normal(2, 5, 4, 16), normal(3, 3, 16, 32)],
      slopes((x, w) => {
        const y = conv(x!, w!);
        const images = tf.add(tf.mean(y, [1, 2]), tf.max(y, [1, 2]));
        return tf.add(tf.add(images, tf.sum(y, [0, 1, 2])), tf.mean(tf.reshape(y, [40, 32]), 0));
      }),
    ],
    'channels put together and taken apart': [
      [normal(2, 4, 4, 16), normal(3, 3, 16, 32), normal(3, 3, 48, 16)],
      slopes((x, w, v) => {
        const all = tf.concat([tf.relu(conv(x!, w!)), x!], 3);
        const [first, second] = tf.split(conv(all, v!), [4, 12], 3) as [tf.Tensor, tf.Tensor];
        const [a, b] = tf.split(all, [16, 32], 3) as [tf.Tensor, tf.Tensor];
        const sums = [first, second, a, b].map((part) => tf.sum(tf.square(part), [1, 2, 3]));
        return tf.addN(sums);
      }),
    ],
    'images put together, and rows of them': [
      [normal(2, 4, 4, 16), normal(3, 3, 16, 16)],
      slopes((x, w) => {
        const y = conv(x!, w!);
        const both = tf.concat([y, tf.relu(y)], 0);
        return tf.concat(
          [tf.slice(both, [1, 0, 0, 0], [2, 4, 4, 16]), tf.slice(y, [0, 1, 2, 0], [2, 1, 2, 16])].map((t) =>
            tf.mean(t, [1, 2]),
          ),
          0,
        );
      }),
    ],
    'average pools, side by side, global and overlapping': [
      [normal(2, 8, 8, 16), normal(3, 3, 16, 16)],
      slopes((x, w) => {
        const y = conv(x!, w!) as tf.Tensor4D;
        const small = tf.avgPool(y, 2, 2, 'valid');
        return tf.add(tf.add(tf.avgPool(small, 3, 1, 'same'), small), tf.avgPool(y, 8, 8, 'valid'));
      }),
    ],
  };
  for (const [name, [inputs, compute]] of Object.entries(cases)) it(name, () => compare(inputs, compute, 1e-5));
});

describe('gradients of convolutions with strides', () => {
  const sizes = [
    [6, 12],
    [7, 9],
  ] as const;
  for (const [kernel, stride] of [
    [3, 1],
    [1, 2],
    [2, 2],
    [3, 2],
    [5, 2],
    [3, 3],
  ] as const) {
    for (const pad of ['same', 'valid', Math.floor(kernel / 2)] as const) {
      it(`${kernel}x${kernel}, stride ${stride}, padding ${pad}`, async () => {
        for (const [h, w] of sizes) {
          await compare(
            [normal(1, h, w, 16), normal(kernel, kernel, 16, 32)],
            slopes((x, v) => conv(x!, v!, stride, pad)),
            1e-5,
          );
        }
      });
    }
  }
});

describe("filters' gradients, in which images and parts of their rows fill blocks", () => {
  // With blocks of 8 and of 16: one image, parts that do and do not divide the rows, several blocks, a few channels.
  for (const images of [1, 3, 4, 12, 16, 32]) {
    for (const [height, width, channels, size, stride, pad] of [
      [16, 5, 16, 3, 1, 'same'],
      [16, 8, 16, 3, 2, 'valid'],
      [17, 10, 3, 5, 2, 2],
      [6, 7, 24, 2, 1, 'valid'],
      [9, 9, 16, 3, 3, 'same'],
      [15, 7, 16, 1, 2, 'valid'],
    ] as const) {
      it(`${images} of ${height}x${width}, ${channels} channels, ${size}x${size}, stride ${stride}, padding ${pad}`, () =>
        compare(
          [normal(images, height, width, channels), normal(size, size, channels, 32)],
          slopes((x, w) => conv(x!, w!, stride, pad)),
        ));
    }
  }
});

describe('gradients of maximum pools go to the first maximum', () => {
  for (const channels of [16, 3]) {
    for (const [size, stride, pad] of [
      [2, 2, 'valid'],
      [3, 2, 'same'],
      [3, 2, 1],
      [3, 1, 'same'],
      [3, 3, 'valid'],
      [2, 1, 'valid'],
      [5, 2, 'same'],
    ] as const) {
      it(`${size}x${size}, stride ${stride}, padding ${pad}, ${channels} channels`, async () => {
        const pool = (x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, size, stride, pad);
        await compare(
          [steps(2, 12, 6, channels)],
          slopes((x) => pool(x!)),
        );
        await compare(
          [steps(1, 7, 9, channels)],
          slopes((x) => pool(x!)),
        );
        // What a convolution gave is in blocks.
        const one = Object.assign(
          Float32Array.from({ length: channels ** 2 }, (_, i) => +(i % (channels + 1) === 0)),
          {
            shape: [1, 1, channels, channels],
          },
        );
        await compare(
          [steps(2, 6, 12, channels), one],
          slopes((x, w) => pool(tf.relu(conv(x!, w!)))),
        );
      });
    }
  }
});

describe('batch norm of a batch', () => {
  const run = (name: string, inputs: Record<string, tf.Tensor>, attrs: object = {}) =>
    tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap) as tf.Tensor[];

  /** The kernels' results on ort, the textbook's elsewhere. */
  const norm =
    (weighted: boolean, blocked: boolean): Compute =>
    (x, dy, weight, bias, filter) => {
      const images = blocked ? conv(x!, filter!) : x!;
      const eps = 1e-3;
      const parameters = weighted ? { weight: weight!, bias: bias! } : {};
      if (tf.getBackend() === 'ort') {
        const [y, mean, variance, inverse] = run('BatchNormTraining', { x: images, ...parameters }, { eps });
        const given = { dy: dy!, x: images, mean: mean!, inverse: inverse!, ...(weighted && { weight: weight! }) };
        const [dx, dWeight, dBias] = run('BatchNormTrainingGrad', given);
        return [y!, mean!, variance!, inverse!, dx!, dWeight!, dBias!, tf.relu(tf.add(y!, images))];
      }
      const axes = images.shape.slice(0, -1).map((_, axis) => axis);
      const { mean, variance } = tf.moments(images, axes);
      const inverse = tf.rsqrt(tf.add(variance, eps));
      const hat = tf.mul(tf.sub(images, mean), inverse);
      const y = weighted ? tf.add(tf.mul(hat, weight!), bias!) : hat;
      const slope = weighted ? tf.mul(dy!, weight!) : dy!;
      const centred = tf.sub(tf.sub(slope, tf.mean(slope, axes)), tf.mul(hat, tf.mean(tf.mul(slope, hat), axes)));
      const sums = [tf.sum(tf.mul(dy!, hat), axes), tf.sum(dy!, axes)];
      return [y, mean, variance, inverse, tf.mul(centred, inverse), ...sums, tf.relu(tf.add(y, images))];
    };
  for (const weighted of [true, false]) {
    for (const blocked of [true, false]) {
      const name = `${weighted ? 'with' : 'without'} weight and bias, ${blocked ? 'in blocks' : 'plain'}`;
      const inputs = [normal(3, 5, 4, 16), normal(3, 5, 4, 16), normal(16), normal(16), normal(3, 3, 16, 16)];
      it(name, () => compare(inputs, norm(weighted, blocked), 2e-5));
    }
  }
  it('of images that are not in blocks, though their gradient is', () => {
    const [x, dy, weight, bias, filter] = [
      normal(3, 5, 4, 16),
      normal(3, 5, 4, 16),
      normal(16),
      normal(16),
      normal(3, 3, 16, 16),
    ];
    return compare(
      [x, dy, weight, bias, filter],
      (images, slope, w, b, v) => norm(true, false)(images!, conv(slope!, v!), w!, b!, v!),
      2e-5,
    );
  });
  it('of vectors', () =>
    compare([normal(9, 5), normal(9, 5), normal(5), normal(5), normal(1)], norm(true, false), 2e-5));
});
