import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { cudaBackend, tensorflowBackend } from '../src/index.ts';
import { builtPackage } from './binding.ts';

const folder = builtPackage('tfjs-node-gpu');

describe.skipIf(!folder)('tfjs-node-gpu over a libtensorflow without CUDA', () => {
  beforeAll(() => {
    process.env['ZOO_TFJS_NODE'] = folder;
  });

  it("is refused by 'cuda', which never runs on the CPU in silence", async () => {
    await expect(cudaBackend().init()).rejects.toMatchObject({
      code: 'BACKEND_FAILED',
      message: expect.stringContaining('no usable GPU'),
    });
  });

  it("serves 'tensorflow'", async () => {
    await tensorflowBackend().init();
    const product = tf.tidy(() => tf.matMul([[1, 2]], [[3], [4]]));
    expect(Array.from(await product.data())).toEqual([11]);
    product.dispose();
  });
});
