import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { create, globals } from 'webgpu';
import type { ReportingWebGPUBackend } from '../src/backend.ts';
import { webgpuBackend } from '../src/index.ts';
import { flatProgram } from '../src/programs/flat-program.ts';

// Dawn's null driver compiles shaders and validates calls but computes nothing, so this needs no adapter at all.
const gpu = create(['backend=null']);
const plugin = webgpuBackend();
const compiled: string[] = [];

beforeAll(async () => {
  Object.assign(globalThis, globals);
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
  await plugin.init();
  tf.env().set('WEBGPU_CPU_FORWARD', false);
  const { device } = tf.backend() as ReportingWebGPUBackend;
  const original = device.createShaderModule;
  device.createShaderModule = (descriptor) => {
    compiled.push(descriptor.code);
    return original.call(device, descriptor);
  };
});

const ones = (shape: number[]): tf.Tensor => tf.ones(shape);
const grad = (op: (x: tf.Tensor) => tf.Tensor, shape: number[]): tf.Tensor => tf.grad(op)(ones(shape));

const operations: Record<string, () => tf.Tensor | tf.Tensor[]> = {
  'transpose of integers': () =>
    [2, 3, 4, 5].map((rank) => tf.transpose(tf.ones(new Array<number>(rank).fill(2), 'int32'))),
  'log and log1p': () => [tf.log(ones([3])), tf.log1p(ones([3]))],
  'tiled filter gradient': () => {
    const conv = (w: tf.Tensor): tf.Tensor => tf.conv2d(ones([1, 9, 9, 2]) as tf.Tensor4D, w as tf.Tensor4D, 2, 1);
    return grad(conv, [3, 3, 2, 5]);
  },
  'conv2d gradients': () => [
    grad((x) => tf.conv2d(x as tf.Tensor4D, ones([3, 3, 4, 4]) as tf.Tensor4D, 3, 1), [1, 7, 7, 4]),
    grad((x) => tf.conv2d(x as tf.Tensor4D, ones([3, 3, 1, 3]) as tf.Tensor4D, 3, 1), [1, 7, 7, 1]),
  ],
  'conv2d input gradient as a matrix product': () => {
    tf.env().set('WEBGPU_USE_NAIVE_CONV2D_TRANSPOSE', false);
    try {
      return [4, 3].map((c) =>
        grad((x) => tf.conv2d(x as tf.Tensor4D, ones([3, 3, c, c]) as tf.Tensor4D, 3, 1), [1, 7, 7, c]),
      );
    } finally {
      tf.env().set('WEBGPU_USE_NAIVE_CONV2D_TRANSPOSE', true);
    }
  },
  'conv3d gradients': () =>
    grad((x) => tf.conv3d(x as tf.Tensor5D, ones([2, 2, 2, 1, 2]) as tf.Tensor5D, 3, 'same'), [1, 4, 4, 4, 1]),
  'depthwise gradients': () =>
    grad((x) => tf.depthwiseConv2d(x as tf.Tensor4D, ones([3, 3, 2, 1]) as tf.Tensor4D, 2, 'same'), [1, 5, 5, 2]),
  'max pools and their gradients': () => [
    grad((x) => tf.maxPool(x as tf.Tensor4D, 3, 3, 'same'), [1, 5, 5, 2]),
    grad((x) => tf.maxPool3d(x as tf.Tensor5D, 2, 2, 'same'), [1, 4, 4, 4, 1]),
    tf.maxPoolWithArgmax(ones([1, 4, 4, 1]) as tf.Tensor4D, 2, 2, 'valid').indexes!,
  ],
  'average pools and their gradients': () => [
    grad((x) => tf.avgPool(x as tf.Tensor4D, 3, 3, 'same'), [1, 5, 5, 2]),
    grad((x) => tf.avgPool3d(x as tf.Tensor5D, 2, 2, 'same'), [1, 4, 4, 4, 1]),
  ],
  'ordered segment sum': () => {
    plugin.setDeterministic!(true);
    try {
      const ids = tf.tensor1d([0, 1, 0], 'int32');
      return [
        tf.unsortedSegmentSum(ones([3, 2]), ids, 2),
        tf.unsortedSegmentSum(tf.tensor1d([1, 2, 3], 'int32'), ids, 2),
      ];
    } finally {
      plugin.setDeterministic!(false);
      tf.env().set('WEBGPU_CPU_FORWARD', false);
    }
  },
  'inverse hyperbolic functions': () => [tf.acosh(ones([3])), tf.asinh(ones([3])), tf.atanh(ones([3]))],
  bincount: () => [
    tf.bincount(tf.tensor1d([1, 0], 'int32'), tf.tensor1d([]), 2),
    tf.denseBincount(tf.tensor2d([[1, 0]], [1, 2], 'int32'), tf.tensor2d([], [0, 0], 'int32'), 2, true),
  ],
  'bitwise and': () => tf.bitwiseAnd(tf.tensor1d([1, 2], 'int32'), tf.tensor1d([3, 4], 'int32')),
};

describe('shaders compile without an adapter', () => {
  test.each(Object.keys(operations))('%s', async (name) => {
    const before = compiled.length;
    const outputs = tf.tidy(() => operations[name]!());
    await plugin.checkErrors!();
    expect(compiled.length).toBeGreaterThan(before);
    tf.dispose(outputs);
  });

  test('and one that does not is found', async () => {
    const program = flatProgram({
      label: 'Broken',
      outputShape: [1],
      variableNames: ['x'],
      body: 'result[index] = y;',
    });
    const x = ones([1]);
    const info = (tf.backend() as ReportingWebGPUBackend).runWebGPUProgram(program, [x], 'float32');
    await expect(plugin.checkErrors!()).rejects.toThrowError(/Broken/);
    tf.dispose([x, tf.engine().makeTensorFromTensorInfo(info)]);
  });
});
