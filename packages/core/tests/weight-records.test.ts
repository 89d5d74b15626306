import { describe, expect, it } from 'vitest';
import { createRegistry, definePlugin, type ModelLoader, Module, timmRecord, torchvisionRecord } from '../src/index.ts';

describe('weight records', () => {
  it("of torchvision carry address, hash prefix and the preset's preprocessing", () => {
    const record = torchvisionRecord({ file: 'resnet50-11ad3fa6.pth', acc1: 80.858, acc5: 95.434, resize: 232 });
    expect(record).toEqual({
      url: 'https://download.pytorch.org/models/resnet50-11ad3fa6.pth',
      hashPrefix: '11ad3fa6',
      inputSpec: {
        size: [224, 224],
        channels: 3,
        mean: [0.485, 0.456, 0.406],
        std: [0.229, 0.224, 0.225],
        interpolation: 'bilinear',
        resize: 232,
      },
      categories: 'imagenet',
      metrics: { acc1: 80.858, acc5: 95.434 },
      licence: 'BSD-3-Clause',
    });
  });

  it('of timm point to the hub and resize by the crop share', () => {
    const { url, inputSpec, metrics } = timmRecord({
      repo: 'timm/resnet18.a1_in1k',
      acc1: 73.16,
      size: 288,
      cropPct: 1,
    });
    expect(url).toBe('hf:timm/resnet18.a1_in1k');
    expect(inputSpec).toMatchObject({ size: [288, 288], resize: 288, interpolation: 'bicubic' });
    expect(metrics).toEqual({ acc1: 73.16 });
    expect(timmRecord({ repo: 'a/b', acc1: 1 }).inputSpec.resize).toBe(256);
  });
});

describe('registry.load', () => {
  class Net extends Module {
    forward<T>(x: T): T {
      return x;
    }
  }
  const plugin = () => definePlugin({ name: 'nets', models: { net: () => new Net() } });
  const loader: ModelLoader = async (registry, name, options) =>
    Object.assign(registry.model(name).create(), { asked: options });

  it('hands name and options to the loader that a plug-in brought', async () => {
    const registry = createRegistry().use(plugin()).use({ name: 'loader', loadModel: loader });
    const net = await registry.load('net', { weights: 'V1', offline: true });
    expect(net).toMatchObject({ asked: { weights: 'V1', offline: true } });
    expect(() => registry.use({ name: 'other', loadModel: loader })).toThrow(/'other' brings a model loader/);
  });

  it('says what to import when there is no loader, and knows no unknown model', async () => {
    const registry = createRegistry().use(plugin());
    await expect(registry.load('net', { weights: 'V1' })).rejects.toThrow(/import '@zoo\/weights\/register'/);
    await expect(registry.load('nett' as 'net', { weights: 'V1' })).rejects.toThrow(/Did you mean 'net'/);
  });
});
