import * as tf from '@tensorflow/tfjs-core';
import { createModel, createRegistry } from '@zoo/core';
import { fillModule, relativeError, testModelFamily } from '@zoo/testing';
import { describe, expect, it } from 'vitest';
import { Bottleneck, ResNet, resnet, resnet18, resnet18_d2l, resnet50 } from '../src/index.ts';
import '../src/register.ts';

const large = { shapesOnly: true };

testModelFamily(resnet, {
  resnet18: { parameters: 11_689_512, gflops: 1.814, ...large },
  resnet34: { parameters: 21_797_672, gflops: 3.664, ...large },
  resnet50: { parameters: 25_557_032, gflops: 4.089, ...large },
  resnet101: { parameters: 44_549_160, gflops: 7.801, ...large },
  resnet152: { parameters: 60_192_808, gflops: 11.514, ...large },
  resnext50_32x4d: { parameters: 25_028_904, gflops: 4.23, ...large },
  resnext101_32x8d: { parameters: 88_791_336, gflops: 16.414, ...large },
  wide_resnet50_2: { parameters: 68_883_240, gflops: 11.398, ...large },
  wide_resnet101_2: { parameters: 126_886_696, gflops: 22.753, ...large },
  resnet18_d2l: { parameters: 11_178_378, inputShape: [2, 32, 32, 1] },
});

describe('the shape table of the notes', () => {
  it('holds for ResNet-18 in NCHW', () => {
    const { rows } = resnet18_d2l().summary([1, 1, 224, 224], { layout: 'nchw' });
    const table = rows.filter((row) => row.depth === 1).map((row) => [row.name, row.outputShape]);
    expect(table).toEqual([
      ['b1', [1, 64, 56, 56]],
      ['b2', [1, 64, 56, 56]],
      ['b3', [1, 128, 28, 28]],
      ['b4', [1, 256, 14, 14]],
      ['b5', [1, 512, 7, 7]],
      ['pool', [1, 512]],
      ['dropout', [1, 512]],
      ['fc', [1, 10]],
    ]);
  });
});

describe('dilation instead of stride', () => {
  const outputs = (replaceStrideWithDilation: [boolean, boolean, boolean]) => {
    const net = resnet50({ replaceStrideWithDilation });
    const { rows } = net.summary([1, 64, 64, 3]);
    return rows.filter(({ name }) => /^layer\d$/.test(name)).map(({ outputShape }) => outputShape[1]);
  };

  it('keeps the resolution of the stages it is asked for', () => {
    expect(outputs([false, false, false])).toEqual([16, 8, 4, 2]);
    expect(outputs([false, true, true])).toEqual([16, 8, 8, 8]);
    expect(outputs([false, false, true])).toEqual([16, 8, 4, 4]);
  });

  it('needs bottleneck blocks and three entries', () => {
    expect(() => resnet18({ replaceStrideWithDilation: [false, true, true] })).toThrow(/bottleneck/);
    expect(() => resnet50({ replaceStrideWithDilation: [true] as never })).toThrow(/one entry for each.*got 1/);
  });
});

describe('zero-init residual', () => {
  it("starts the blocks' last batch norms at 0 and the others at 1", async () => {
    const weightsOf = async (zeroInitResidual: boolean) => {
      const parameters = new Map(resnet18({ numClasses: 1, zeroInitResidual }).namedParameters());
      const first = async (name: string) => (await parameters.get(`${name}.weight`)!.toHost()).data[0];
      return Promise.all(['bn1', 'layer1.0.bn1', 'layer1.0.bn2'].map(first));
    };
    expect(await weightsOf(true)).toEqual([1, 1, 0]);
    expect(await weightsOf(false)).toEqual([1, 1, 1]);
  });
});

describe('optimizeForInference', () => {
  it('folds every batch norm of bottleneck blocks, and keeps the output', async () => {
    const net = new ResNet(
      { block: Bottleneck, layers: [1, 2, 1, 1], groups: 8, widthPerGroup: 4 },
      { numClasses: 10 },
    );
    fillModule(net);
    const x = tf.randomUniform([1, 32, 32, 3], -1, 1, 'float32', 5);
    const before = net.predict(x);
    const after = net.optimizeForInference().predict(x);
    expect(relativeError(await after.data(), await before.data())).toBeLessThan(1e-4);
    expect(Array.from(net.stateEntries(), ([name]) => name).filter((name) => name.includes('running'))).toEqual([]);
    tf.dispose([x, before, after]);
    net.dispose();
  });
});

describe('the registry', () => {
  it('creates variants by name', () => {
    expect(createRegistry().use(resnet).create('resnet34', { numClasses: 3 }).numFeatures).toBe(512);
    expect(createModel('wide_resnet50_2').numFeatures).toBe(2048);
  });
});

describe('wrong options', () => {
  it('are refused', () => {
    expect(() => resnet18({ numClasses: 1.5 })).toThrow(/whole number.*1\.5/);
  });
});
