import * as tf from '@tensorflow/tfjs-core';
import { type ImageModel, valueAndGrads } from '@zoo/core';
import { densenet121 } from '@zoo/densenet';
import { lenet5_relu } from '@zoo/lenet';
import { nin } from '@zoo/nin';
import { resnet18, resnet18_d2l } from '@zoo/resnet';
import { fillInput } from '@zoo/testing';
import { vgg11 } from '@zoo/vgg';
import { describe, expect, it } from 'vitest';
import { createFeatureExtractor, LayerActivations } from '../src/index.ts';

const images = (shape: [number, number, number, number]) =>
  tf.tensor4d(
    fillInput(
      'images',
      shape.reduce((a, b) => a * b),
    ),
    shape,
  );

const narrowResNet = () => resnet18_d2l({ channels: [4, 6, 8, 10], seed: 1 });

const expectEqual = async (actual: tf.Tensor, expected: tf.Tensor) => {
  expect(actual.shape).toEqual(expected.shape);
  expect(Array.from(await actual.data())).toEqual(Array.from(await expected.data()));
};

describe('createFeatureExtractor', () => {
  it('gives what the modules gave, several at once, and keeps nothing else', async () => {
    const net = narrowResNet().materialize();
    const x = images([2, 32, 32, 1]);
    const extractor = createFeatureExtractor(net, ['b5', 'b2', 'pool', 'preLogits', 'logits']);
    const before = tf.memory().numTensors;
    const found = extractor.predict(x);
    expect(tf.memory().numTensors).toBe(before + 5);
    expect(found.b2.shape).toEqual([2, 8, 8, 4]);
    await expectEqual(found.pool, found.preLogits);
    const features = tf.tidy(() => net.eval().forwardFeatures(x));
    await expectEqual(found.b5, features);
    await expectEqual(found.logits, net.predict(x));
    tf.dispose(Object.values(found));
  });

  it('ends after the last tap that is needed', () => {
    const net = narrowResNet();
    const called = new Set<string>();
    for (const [name, module] of net.namedModules()) {
      module.registerForwardHook(() => {
        called.add(name);
        return undefined;
      });
    }
    const x = images([1, 32, 32, 1]);
    const { b2, b3 } = createFeatureExtractor(net, ['b3', 'b2']).predict(x);
    expect(called).toContain('b3.1.bn2');
    expect(called).not.toContain('b4.0.conv1');
    expect(called).not.toContain('');
    tf.dispose([b2, b3]);
  });

  it('leaves the net usable: modes, gradients and hooks are as before', async () => {
    const net = narrowResNet();
    const x = images([1, 32, 32, 1]);
    const whole = net.predict(x);
    const extractor = createFeatureExtractor(net, ['b1']);
    tf.dispose(Object.values(extractor.predict(x)));
    expect(net.training).toBe(true);
    await expectEqual(net.predict(x), whole);
    const before = tf.memory().numTensors;
    const { value, grads } = valueAndGrads(() => tf.mean(tf.square(extractor.call(x).b1)), net.parameters());
    expect([...grads.values()].some((grad) => grad.size > 0)).toBe(true);
    tf.dispose([value, ...grads.values()]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('passes gradients that equal those of the whole net', async () => {
    const net = lenet5_relu({ seed: 3 }).eval();
    const x = images([2, 28, 28, 1]);
    const extractor = createFeatureExtractor(net, ['logits']);
    const direct = valueAndGrads(() => tf.sum(net.call(x)), net.parameters());
    const tapped = valueAndGrads(() => tf.sum(extractor.call(x).logits), net.parameters());
    for (const [parameter, grad] of direct.grads) await expectEqual(tapped.grads.get(parameter)!, grad);
  });

  it('takes aliases', () => {
    const found = createFeatureExtractor(lenet5_relu(), { 'features.2': 'shallow', preLogits: 'deep' }).predict(
      images([1, 28, 28, 1]),
    );
    expect(Object.keys(found)).toEqual(['shallow', 'deep']);
    expect(found.deep.shape).toEqual([1, 84]);
    tf.dispose(Object.values(found));
  });

  it('counts calls of a reused module as torchvision does', async () => {
    const net = narrowResNet();
    const x = images([1, 32, 32, 1]);
    const found = createFeatureExtractor(net, ['b2.0.relu', 'b2.0.relu_1', 'b2.0']).predict(x);
    await expectEqual(found['b2.0.relu_1'], found['b2.0']);
    expect(await found['b2.0.relu'].data()).not.toEqual(await found['b2.0'].data());
    expect(() => createFeatureExtractor(net, ['b2.0.relu_2']).predict(x)).toThrow(/not called 3 times/);
  });

  it('reads the preLogits of every kind of head', () => {
    const x = images([1, 96, 96, 3]);
    const nets: ImageModel[] = [
      densenet121({ seed: 1, growthRate: 4, blocks: [2, 2], initFeatures: 4 }),
      vgg11({
        seed: 1,
        arch: [
          [1, 4],
          [1, 6],
        ],
        hiddenFeatures: 8,
      }),
      nin({ seed: 1, inChannels: 3 }),
    ];
    for (const net of nets) {
      const { preLogits } = createFeatureExtractor(net, ['preLogits']).predict(x);
      expect(preLogits!.shape).toEqual([1, net.numFeatures]);
    }
  });

  it('names near modules when a tap is misspelt', () => {
    const net = resnet18({ seed: 1 });
    expect(() => createFeatureExtractor(net as ImageModel, ['layr4'])).toThrow(/Did you mean 'layer4'/);
    expect(() => createFeatureExtractor(net as ImageModel, ['layer4.1.rel'])).toThrow(/'layer4.1.relu'/);
    expect(() => createFeatureExtractor(net, [])).toThrow(/at least one tap/);
    expect(() => createFeatureExtractor(net, ['fc', 'fc'])).toThrow(/twice/);
    // @ts-expect-error: the class of a ResNet shows that it has no layer5
    expect(() => createFeatureExtractor(net, ['layer5'])).toThrow(/layer/);
    // @ts-expect-error: nor has a block inside
    expect(() => createFeatureExtractor(net, ['conv1.weight'])).toThrow(/conv1/);
  });

  it('leaves nothing behind when the net refuses the input', () => {
    const net = narrowResNet().materialize();
    const x = images([1, 32, 32, 3]);
    const before = tf.memory().numTensors;
    expect(() => createFeatureExtractor(net, ['b1', 'b2']).predict(x)).toThrow(/\[n, h, w, 1\]/);
    expect(tf.memory().numTensors).toBe(before);
    expect(tf.engine().state.kernelDepth).toBe(0);
  });
});

describe('LayerActivations', () => {
  it('holds the latest outputs until it is removed', async () => {
    const net = narrowResNet().materialize();
    const x = images([2, 32, 32, 1]);
    const before = tf.memory().numTensors;
    const watched = new LayerActivations(net, ['b1', 'b5']);
    net.predict(x).dispose();
    net.predict(x).dispose();
    expect(watched.activations.b1.shape).toEqual([2, 8, 8, 4]);
    expect(tf.memory().numTensors).toBe(before + 2);
    watched.remove();
    expect(tf.memory().numTensors).toBe(before);
    net.predict(x).dispose();
    expect(Object.keys(watched.activations)).toEqual([]);
  });
});
