import * as tf from '@tensorflow/tfjs-core';
import { type AnyModule, currentRng, isZooError, Module, Parameter, Sequential, seeded } from '@zoo/core';
import {
  AdaptiveAvgPool2d,
  AvgPool2d,
  BatchNorm1d,
  BatchNorm2d,
  Conv2d,
  ConvTranspose2d,
  Embedding,
  Flatten,
  Linear,
  LocalResponseNorm,
  LSTM,
  MaxPool2d,
  ReLU,
  Sigmoid,
  Softmax,
  Upsample,
} from '@zoo/layers';
import { describe, expect, it } from 'vitest';
import { decodeModel, type ExportOptions, exportOnnx, type OnnxGraph, streamOnnx } from '../src/index.ts';
import { relativeDistance, runInNode, runOnWeb } from './run-model.ts';

const opsOf = (graph: OnnxGraph): string[] => graph.nodes.map((node) => node.opType);
const graphOf = async (net: AnyModule, options: ExportOptions) => decodeModel(await exportOnnx(net, options)).graph;

/** Statistics that are not those of a fresh batch norm, so that folding them wrongly shows. */
async function stir(net: AnyModule): Promise<void> {
  const state = await net.stateDict();
  for (const [key, { data }] of state) {
    if (!/running_|bn.*weight/.test(key)) continue;
    (data as Float32Array).forEach((_, i) => {
      (data as Float32Array)[i] = 0.5 + ((7 * i + key.length) % 5) / 4;
    });
  }
  net.loadStateDict(state);
}

async function build<N extends AnyModule>(make: () => N): Promise<N> {
  const net = seeded(1, make);
  await stir(net);
  return net;
}

const input = (shape: number[]) =>
  tf.tidy(() => tf.reshape(tf.sin(tf.mul(tf.range(0, tf.util.sizeFromShape(shape)), 0.37)), shape));

/** Runs the exported file on an input of `shape`, channels first, and returns its distance from the net's own output. */
async function distance(
  net: AnyModule,
  shape: number[],
  options: ExportOptions = {},
  run = runInNode,
): Promise<number> {
  const model = await exportOnnx(net, { inputShape: shape, ...options });
  const x = input(shape);
  const [y, data] = tf.tidy(() => {
    const nhwc = shape.length === 4 && options.layout !== 'nhwc' ? tf.transpose(x, [0, 2, 3, 1]) : x;
    const output = net.predict(nhwc) as tf.Tensor;
    return [output.rank === 4 && options.layout !== 'nhwc' ? tf.transpose(output, [0, 3, 1, 2]) : output.clone(), x];
  }) as [tf.Tensor, tf.Tensor];
  const [expected, values] = await Promise.all([y.data(), data.data()]);
  tf.dispose([x, y]);
  const outputs = await run(model, values as Float32Array, shape);
  return relativeDistance(outputs.get('output')!, expected as Float32Array);
}

/** As the nets of the zoo are built: convolutions with batch norm, a pool, a classifier. */
class SmallNet extends Module<[tf.Tensor], tf.Tensor> {
  readonly conv1 = new Conv2d(3, 8, 3, { padding: 1, bias: false });
  readonly bn1 = new BatchNorm2d(8);
  readonly relu = new ReLU();
  readonly grouped = new Conv2d(8, 8, 3, { padding: 1, groups: 4, bias: false });
  readonly pointwise = new Conv2d(8, 8, 1);
  readonly bn2 = new BatchNorm2d(8);
  readonly pool = new AvgPool2d(3, { stride: 1, padding: 1 });
  readonly head = new Sequential(new MaxPool2d(2), new Flatten(), new Linear(8 * 16, 5));

  forward(x: tf.Tensor): tf.Tensor {
    const stem = this.relu.call(this.bn1.call(this.conv1.call(x)));
    const inner = this.bn2.call(this.pointwise.call(this.grouped.call(stem)));
    return this.head.call(this.pool.call(tf.add(stem, inner)));
  }
}

const smallShape = [2, 3, 8, 8];

describe('exportOnnx', () => {
  it('writes what the net computes', async () => {
    const net = await build(() => new SmallNet());
    for (const fold of [true, false]) {
      expect(await distance(net, smallShape, { fold })).toBeLessThan(1e-5);
      expect(await distance(net, smallShape, { fold }, runOnWeb)).toBeLessThan(1e-5);
    }
  });

  it('writes one node per layer, as PyTorch does, and no transposes', async () => {
    const net = await build(() => new SmallNet());
    const tail = ['Relu', 'Conv', 'Conv', 'Add', 'AveragePool', 'MaxPool', 'Reshape', 'Gemm'];
    expect(opsOf(await graphOf(net, { inputShape: smallShape }))).toEqual(['Conv', ...tail]);
    const graph = await graphOf(net, { inputShape: smallShape, fold: false });
    expect(opsOf(graph).filter((op) => op === 'BatchNormalization')).toHaveLength(2);
    expect(graph.nodes.find((node) => node.attributes['group'] === 4)?.name).toBe('grouped');
    expect(graph.nodes.map((node) => node.domain).join('')).toBe('');
  });

  it('names weights by their state-dict keys and stores them as the state dict does', async () => {
    const net = await build(() => new SmallNet());
    const { initializers, inputs, outputs } = await graphOf(net, { inputShape: smallShape, fold: false });
    const state = await net.stateDict();
    for (const [key, { shape, data }] of state) {
      if (key.endsWith('num_batches_tracked')) continue;
      expect(initializers.get(key)?.shape, key).toEqual(shape);
      expect(initializers.get(key)!.data, key).toEqual(data);
    }
    expect(inputs).toEqual([{ name: 'input', type: 'float32', shape: smallShape }]);
    expect(outputs).toEqual([{ name: 'output', type: 'float32', shape: [2, 5] }]);
  });

  it('leaves net, engine and random numbers as they were', async () => {
    const net = seeded(1, () => new SmallNet()).train();
    const before = await net.stateDict();
    const [backend, { numTensors, numDataBuffers }, rng] = [tf.getBackend(), tf.memory(), currentRng().state()];
    await exportOnnx(net, { inputShape: smallShape, forward: (x) => net.call(x) });
    expect(tf.getBackend()).toBe(backend);
    expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
    expect(currentRng().state()).toEqual(rng);
    expect(net.training).toBe(true);
    expect(net.conv1.weight.materialized).toBe(false);
    expect(await net.stateDict()).toEqual(before);
  });

  it('gives equal bytes for equal nets, whole and in pieces', async () => {
    const options = { inputShape: smallShape, classNames: ['a', 'b'], metadata: { note: 'x' } };
    const first = await exportOnnx(await build(() => new SmallNet()), options);
    const net = await build(() => new SmallNet());
    net.predict(tf.zeros([1, 8, 8, 3])).dispose();
    expect(await exportOnnx(net, options)).toEqual(first);
    const pieces: Uint8Array[] = [];
    for await (const piece of streamOnnx(net, options)) pieces.push(piece);
    expect(pieces.length).toBeGreaterThan(1);
    expect(Buffer.concat(pieces).equals(Buffer.from(first))).toBe(true);
    const { metadata, opsets, producer } = decodeModel(first);
    expect(metadata).toEqual({ note: 'x', 'zoo.classes': '["a","b"]' });
    expect(opsets).toEqual({ '': 17 });
    expect(producer).toBe('zoo');
  });

  it('leaves the batch size open on request', async () => {
    const net = await build(() => new SmallNet());
    const model = await exportOnnx(net, { inputShape: smallShape, dynamicBatch: true });
    expect(decodeModel(model).graph.inputs[0]!.shape).toEqual(['batch', 3, 8, 8]);
    expect(decodeModel(model).graph.outputs[0]!.shape).toEqual(['batch', 5]);
    const five = [5, ...smallShape.slice(1)];
    expect(await distance(net, five, { inputShape: smallShape, dynamicBatch: true })).toBeLessThan(1e-5);
  });

  it('takes images with channels last on request', async () => {
    const net = await build(() => new SmallNet());
    const shape = [2, 8, 8, 3];
    expect((await graphOf(net, { inputShape: shape, layout: 'nhwc' })).inputs[0]!.shape).toEqual(shape);
    expect(await distance(net, shape, { layout: 'nhwc' })).toBeLessThan(1e-5);
  });
});

describe('layers', () => {
  const cases: Array<[string, () => AnyModule, number[]]> = [
    ['dilated convolution', () => new Conv2d(3, 4, 3, { dilation: 2, padding: 'same' }), [1, 3, 9, 9]],
    ['dilated convolution with stride', () => new Conv2d(3, 4, 3, { dilation: 2, stride: 2 }), [1, 3, 9, 9]],
    ['depthwise convolution', () => new Conv2d(4, 8, 3, { groups: 4 }), [1, 4, 7, 7]],
    ['groups with bias', () => new Conv2d(4, 6, 3, { groups: 2 }), [2, 4, 7, 7]],
    ['transposed convolution', () => new ConvTranspose2d(3, 4, 3, { stride: 2 }), [1, 3, 5, 5]],
    ['batch norm of rows', () => new Sequential(new Linear(6, 4), new BatchNorm1d(4), new Sigmoid()), [3, 6]],
    ['batch norm of the input', () => new BatchNorm2d(3), [2, 3, 4, 4]],
    ['batch norm of rows of the input', () => new BatchNorm1d(3), [4, 3]],
    ['batch norm of sequences', () => new BatchNorm1d(3), [2, 5, 3]],
    ['adaptive pool', () => new AdaptiveAvgPool2d(3), [2, 3, 7, 8]],
    ['average without padding counted', () => new AvgPool2d(3, { padding: 1, countIncludePad: false }), [1, 3, 7, 7]],
    ['pool with ceil mode', () => new MaxPool2d(3, { stride: 2, ceilMode: true }), [1, 3, 8, 8]],
    ['resize', () => new Upsample({ scaleFactor: 2 }), [1, 2, 4, 5]],
    ['local response norm', () => new LocalResponseNorm(5), [1, 8, 4, 4]],
    ['linear on sequences', () => new Linear(4, 3), [2, 5, 4]],
    ['softmax', () => new Sequential(new Flatten(), new Softmax()), [2, 3, 2, 2]],
  ];

  it.each(cases)('%s', async (_, make, shape) => {
    expect(await distance(await build(make), shape)).toBeLessThan(1e-5);
  });

  it('puts batch norms into linear layers', async () => {
    const net = await build(() => new Sequential(new Linear(6, 4), new BatchNorm1d(4)));
    const { nodes, initializers } = await graphOf(net, { inputShape: [2, 6] });
    expect(nodes.map((node) => node.opType)).toEqual(['Gemm']);
    expect([...initializers.keys()]).toEqual(['0.weight', '0.bias']);
  });

  it('keeps a batch norm whose convolution is read by others too', async () => {
    class Forked extends Module<[tf.Tensor], tf.Tensor> {
      readonly conv = new Conv2d(3, 3, 1);
      readonly bn = new BatchNorm2d(3);
      forward(x: tf.Tensor): tf.Tensor {
        const y = this.conv.call(x);
        return tf.add(y, this.bn.call(y));
      }
    }
    const net = await build(() => new Forked());
    expect(opsOf(await graphOf(net, { inputShape: [1, 3, 4, 4] }))).toEqual(['Conv', 'BatchNormalization', 'Add']);
    expect(await distance(net, [1, 3, 4, 4])).toBeLessThan(1e-5);
  });

  /** A net of one layer in plain tfjs. */
  class Plain extends Module<[tf.Tensor], tf.Tensor> {
    readonly linear = new Linear(4, 3);
    readonly bn = new BatchNorm2d(3);
    readonly #f: (x: tf.Tensor, net: Plain) => tf.Tensor;
    constructor(f: (x: tf.Tensor, net: Plain) => tf.Tensor) {
      super();
      this.#f = f;
    }
    forward(x: tf.Tensor): tf.Tensor {
      return this.#f(x, this);
    }
  }

  it('leaves as they are what only looks like a batch norm or a bias', async () => {
    const unbatched = await build(
      () =>
        new Plain((x, { bn }) => {
          const [mean, variance] = [bn.running_mean!.value(), bn.running_var!.value()];
          const scale = tf.rsqrt(tf.add(variance, 1e-5));
          const column = (values: tf.Tensor) => tf.reshape(values, [3, 1, 1]);
          return tf.add(tf.mul(x, column(scale)), column(tf.neg(tf.mul(mean, scale))));
        }),
    );
    expect(await distance(unbatched, [3, 3, 5])).toBeLessThan(1e-5);
    const deeper = await build(
      () =>
        new Plain((x, { linear }) => {
          const product = tf.matMul(x as tf.Tensor2D, linear.weight.value() as tf.Tensor2D);
          return tf.add(product, tf.reshape(linear.bias!.value(), [1, 1, 3]));
        }),
    );
    expect((await graphOf(deeper, { inputShape: [2, 4] })).outputs[0]!.shape).toEqual([1, 2, 3]);
    expect(opsOf(await graphOf(deeper, { inputShape: [2, 4] }))).toEqual(['Gemm', 'Add']);
  });

  it('takes integers where a net begins with an embedding', async () => {
    class Text extends Module<[tf.Tensor], tf.Tensor> {
      readonly embedding = new Embedding(10, 4);
      readonly lstm = new LSTM(4, 6);
      forward(x: tf.Tensor): tf.Tensor {
        return this.lstm.call(this.embedding.call(x)).output;
      }
    }
    const net = seeded(1, () => new Text());
    const tokens = Int32Array.of(1, 2, 3, 4, 5, 9);
    const model = await exportOnnx(net, { inputShape: [3, 2], dtype: 'int32' });
    const y = tf.tidy(() => net.predict(tf.tensor2d(tokens, [3, 2], 'int32')));
    const outputs = await runInNode(model, tokens, [3, 2]);
    expect(relativeDistance(outputs.get('output')!, (await y.data()) as Float32Array)).toBeLessThan(1e-5);
    y.dispose();
  });

  it('exports tensors that a net keeps on its own backend', async () => {
    const scale = tf.tensor1d([1, 2, 3]);
    class Scaled extends Module<[tf.Tensor], tf.Tensor> {
      forward(x: tf.Tensor): tf.Tensor {
        return tf.mul(x, scale);
      }
    }
    expect(await distance(new Scaled(), [2, 3])).toBe(0);
    scale.dispose();
  });

  it('names several outputs', async () => {
    class Two extends Module<[tf.Tensor], { logits: tf.Tensor; aux: tf.Tensor[] }> {
      readonly a = new Linear(4, 3);
      readonly b = new Linear(4, 2);
      forward(x: tf.Tensor) {
        return { logits: this.a.call(x), aux: [this.b.call(x), x] };
      }
    }
    const net = seeded(1, () => new Two());
    const all = await graphOf(net, { inputShape: [1, 4] });
    expect(all.outputs.map(({ name }) => name)).toEqual(['logits', 'aux_0', 'aux_1']);
    const one = await graphOf(net, { inputShape: [1, 4], forward: (x) => net.b.call(x) });
    expect(one.outputs.map(({ name }) => name)).toEqual(['output']);
    expect([...one.initializers.keys()]).toEqual(['b.weight', 'b.bias']);
  });
});

describe('refusals', () => {
  class Op extends Module<[tf.Tensor], tf.Tensor> {
    readonly #f: (x: tf.Tensor) => tf.Tensor;
    constructor(f: (x: tf.Tensor) => tf.Tensor) {
      super();
      this.#f = f;
    }
    forward(x: tf.Tensor): tf.Tensor {
      return this.#f(x);
    }
  }
  const refusal = async (net: AnyModule, options: ExportOptions): Promise<string> => {
    const error: unknown = await exportOnnx(net, options).catch((reason: unknown) => reason);
    if (!isZooError(error)) throw new Error(`expected a refusal, got ${String(error)}`);
    return `${error.code}: ${error.message}`;
  };
  const inBlock = (f: (x: tf.Tensor) => tf.Tensor) =>
    new Sequential(new Linear(4, 4), new Sequential(new ReLU(), new Op(f)));

  it('names op, layer and alternative where ONNX has no counterpart', async () => {
    const backend = tf.getBackend();
    const message = await refusal(
      inBlock((x) => tf.cumprod(x, 1)),
      { inputShape: [2, 4] },
    );
    expect(message).toMatch(/^NOT_SUPPORTED: Layer '1\.1' \(Op\): The op Cumprod .*mappedKernels.*'forward'/);
    // A kernel that has a counterpart, but not for this mode.
    const edges = [
      [0, 0],
      [1, 1],
    ] as Array<[number, number]>;
    const known = await refusal(
      inBlock((x) => tf.mirrorPad(x, edges, 'symmetric')),
      { inputShape: [2, 4] },
    );
    expect(known).toMatch(/^NOT_SUPPORTED: Layer '1\.1' \(Op\): The op MirrorPad of x: float32 \[2,4\]/);
    expect(tf.getBackend()).toBe(backend);
  });

  it('names the layer that reads values', async () => {
    const message = await refusal(
      inBlock((x) => tf.mul(x, x.dataSync()[0]!)),
      { inputShape: [2, 4] },
    );
    expect(message).toMatch(/^NOT_SUPPORTED: Layer '1\.1' \(Op\): This layer reads the values/);
  });

  it('names the layer that needs a fixed batch size', async () => {
    const net = inBlock((x) => tf.concat([x, tf.zeros([x.shape[0]!, 2])], 1));
    expect(await distance(net, [2, 4])).toBeLessThan(1e-5);
    const message = await refusal(net, { inputShape: [2, 4], dynamicBatch: true });
    expect(message).toMatch(/^NOT_SUPPORTED: Layer '1\.1' \(Op\), op Concat: .*Leave dynamicBatch out/);
  });

  it('refuses files above 2 GB before it reads a weight', async () => {
    const init = () => {
      throw new Error('was read');
    };
    class Huge extends Module<[tf.Tensor], tf.Tensor> {
      readonly weight = new Parameter([30_000, 20_000], { init });
      forward(x: tf.Tensor): tf.Tensor {
        return tf.matMul(x as tf.Tensor2D, this.weight.value() as tf.Tensor2D);
      }
    }
    expect(await refusal(new Huge(), { inputShape: [1, 30_000] })).toMatch(
      /^NOT_SUPPORTED: Huge would take 2\.2 GiB.*'forward'/,
    );
  });

  it('says what a wrong input shape should be', async () => {
    const net = seeded(1, () => new SmallNet());
    expect(await refusal(net, {})).toMatch(/^INVALID_ARGUMENT: .*SmallNet takes: give inputShape/);
    expect(await refusal(net, { inputShape: [0, 3, 8, 8] })).toMatch(
      /^INVALID_ARGUMENT: inputShape takes sizes from 1/,
    );
    expect(await refusal(net, { inputShape: [1, 8, 8, 3] })).toMatch(/^SHAPE_MISMATCH: Layer 'conv1' \(Conv2d\)/);
    Reflect.set(net, 'inputSpec', {
      size: [8, 8],
      channels: 3,
      mean: [0, 0, 0],
      std: [1, 1, 1],
      interpolation: 'bilinear',
    });
    expect(await refusal(net, { inputShape: [1, 8, 8, 3] })).toMatch(
      /^INVALID_ARGUMENT: .*Give \[1, 3, 8, 8\], or layout: 'nhwc'/,
    );
    const { inputs } = await graphOf(net, {});
    expect(inputs[0]!.shape).toEqual([1, 3, 8, 8]);
  });
});
