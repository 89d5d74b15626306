import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { type Batch, type BatchSource, type HostTensor, type StateDict, seeded } from '@zoo/core';
import { DataLoader } from '@zoo/datasets';
import { EMA, greedySoup, SWA, soup, updateBatchNorm } from '@zoo/ensemble';
import { type Checkpoint, crossEntropy, SGD, Trainer } from '@zoo/train';
import { describe, expect, it } from 'vitest';
import { blobs, RowNet } from './toy.ts';

type Nested = number | Nested[];
type State = Record<string, Nested>;
const golden = JSON.parse(readFileSync(new URL('./fixtures/weight-averaging.json', import.meta.url), 'utf8')) as {
  decay: number;
  batches: number[][][];
  states: State[];
  mean: State;
  moving: State;
  updated: State;
};

const shapeOf = (value: Nested): number[] => (Array.isArray(value) ? [value.length, ...shapeOf(value[0]!)] : []);

const toTensor = (name: string, value: Nested): HostTensor => {
  const data = [value].flat(9) as number[];
  return name.endsWith('tracked')
    ? { dtype: 'int64', shape: [], data: BigInt64Array.from(data, BigInt) }
    : { dtype: 'float32', shape: shapeOf(value), data: Float32Array.from(data) };
};

const toState = (state: State): StateDict =>
  new Map(Object.entries(state).map(([name, value]) => [name, toTensor(name, value)]));

function expectState(found: StateDict, wanted: StateDict, names = [...wanted.keys()]): void {
  for (const name of names) {
    const [a, b] = [found.get(name)!, wanted.get(name)!];
    expect(a.shape, name).toEqual(b.shape);
    for (let i = 0; i < b.data.length; i++) expect(Number(a.data[i]), name).toBeCloseTo(Number(b.data[i]), 5);
  }
}

const source = (batches: number[][][]): BatchSource => ({
  numBatches: batches.length,
  numExamples: batches.flat().length,
  async *epoch(): AsyncGenerator<Batch> {
    for (const rows of batches) yield { inputs: tf.tensor2d(rows), targets: tf.zeros([rows.length], 'int32') };
  },
});

const newNet = (): RowNet => seeded(1, () => new RowNet());
const loader = () => new DataLoader(blobs(24), { batchSize: 6, shuffle: true, seed: 1 });
const newTrainer = (model: RowNet, callbacks: Array<EMA | SWA>) =>
  new Trainer({ model, optimizer: new SGD(model.parameters(), { lr: 0.2 }), loss: crossEntropy, callbacks });

describe('against torch.optim.swa_utils', () => {
  it('averages as AveragedModel', async () => {
    const net = newNet();
    const moving = new EMA({ decay: golden.decay });
    const mean = new SWA();
    for (const state of golden.states) {
      net.loadStateDict(toState(state));
      moving.update(net);
      mean.update(net);
    }
    expect(moving.updates).toBe(5);
    expectState(
      await moving.stateDict(),
      toState(golden.moving),
      Object.keys(golden.moving).filter((name) => !name.endsWith('tracked')),
    );
    expectState(await mean.stateDict(), toState(golden.mean));
    const uniform = soup(golden.states.map(toState));
    expectState(uniform, toState(golden.mean));
  });

  it('recomputes statistics as update_bn', async () => {
    const net = newNet();
    const mean = new SWA();
    for (const state of golden.states) {
      net.loadStateDict(toState(state));
      mean.update(net);
    }
    mean.apply();
    net.eval();
    const before = tf.memory().numTensors;
    await updateBatchNorm(net, source(golden.batches));
    expect(tf.memory().numTensors).toBe(before);
    expectState(await net.stateDict(), toState(golden.updated));
    expect(net.training).toBe(false);
    expect(net['1'].momentum).toBe(0.1);
  });
});

describe('updateBatchNorm', () => {
  it('leaves frozen batch norms, and puts modes and momenta back after an error', async () => {
    const net = newNet();
    net['1'].freeze();
    const state = await net.stateDict();
    await updateBatchNorm(net, source(golden.batches));
    expect(await net.stateDict()).toEqual(state);
    net.unfreeze().eval();
    net['3'].train();
    await expect(updateBatchNorm(net, source([[[1, 2, 3]]]))).rejects.toThrow();
    expect(net.training || net['1'].training).toBe(false);
    expect(net['3'].training).toBe(true);
    expect(net['1'].momentum).toBe(0.1);
    await expect(updateBatchNorm(net, source([]))).rejects.toThrow(/no batches/);
  });
});

describe('EMA', () => {
  it('warms up as timm', () => {
    const ema = new EMA({ decay: 0.9, warmUp: true });
    expect(ema.decayAfter(0)).toBe(0);
    expect(ema.decayAfter(1)).toBeCloseTo(1 - 2 ** (-2 / 3), 12);
    expect(ema.decayAfter(1e6)).toBe(0.9);
    expect(new EMA({ decay: 0.99, warmUp: { gamma: 2, power: 1 } }).decayAfter(2)).toBe(0.5);
  });

  it('can leave running statistics to the model', async () => {
    const net = newNet();
    const ema = new EMA({ decay: 0.5, buffers: 'copy' });
    for (const state of golden.states) {
      net.loadStateDict(toState(state));
      ema.update(net);
    }
    const last = toState(golden.states.at(-1)!);
    expectState(await ema.stateDict(), last, ['1.running_mean', '1.running_var', '1.num_batches_tracked']);
    expect((await ema.stateDict()).get('0.weight')).not.toEqual(last.get('0.weight'));
  });

  it('swaps in and out, after an error too, and frees what it held', async () => {
    const net = newNet().materialize();
    const before = tf.memory().numTensors;
    const ema = new EMA({ decay: 0.5 });
    for (const state of golden.states) {
      net.loadStateDict(toState(state));
      ema.update(net);
    }
    const [own, average] = [await net.stateDict(), await ema.stateDict()];
    const held = tf.memory().numTensors;
    await ema.use(async () => {
      expectState(await net.stateDict(), average);
      expectState(await ema.stateDict(), average);
      expect(() => ema.update(net)).toThrow(/update\(\) cannot run while .* in use/);
      expect(() => ema.apply()).toThrow(/in use/);
      expect(() => ema.dispose()).toThrow(/in use/);
      await expect(ema.use(() => 0)).rejects.toThrow(/in use/);
    });
    await expect(
      ema.use(() => {
        throw new Error('mine');
      }),
    ).rejects.toThrow('mine');
    expect(await net.stateDict()).toEqual(own);
    expect(tf.memory().numTensors).toBe(held);
    ema.apply();
    expectState(await net.stateDict(), average);
    ema.dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect((await net.stateDict()).size).toBe(own.size);
  });

  it('is the same after a resume as without interruption', async () => {
    const whole = new EMA({ decay: 0.9, warmUp: true });
    await newTrainer(newNet(), [whole]).fit(loader(), { epochs: 3 });

    const saved: Checkpoint[] = [];
    const save = (checkpoint: Checkpoint) => Promise.resolve(void saved.push(checkpoint));
    const first = new EMA({ decay: 0.9, warmUp: true });
    await newTrainer(newNet(), [first]).fit(loader(), { epochs: 2, checkpoint: { everySteps: 3, save } });
    for (const resume of saved) {
      const ema = new EMA({ decay: 0.9, warmUp: true });
      await newTrainer(newNet(), [ema]).fit(loader(), { epochs: 3, resume });
      expect(ema.updates).toBe(12);
      expect(await ema.stateDict()).toEqual(await whole.stateDict());
    }
    expect(saved.length).toBeGreaterThan(2);
  });

  it('has a state for the checkpoint of an interrupted epoch', async () => {
    const net = newNet();
    const ema = new EMA({ decay: 0.9 });
    const trainer = newTrainer(net, [ema]);
    const stop = new AbortController();
    stop.abort();
    await expect(trainer.fit(loader(), { epochs: 1, signal: stop.signal })).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
    const { tensors } = await trainer.checkpoint();
    expect(tensors.get('callback.EMA.0.weight')).toEqual((await ema.stateDict()).get('0.weight'));
  });

  it('refuses bad options and another model', async () => {
    expect(() => new EMA({ decay: 1 })).toThrow(/'decay' must be in \[0, 1\)/);
    expect(() => new EMA({ warmUp: { gamma: 0 } })).toThrow(/gamma/);
    expect(() => new EMA({ every: 0 })).toThrow(/'every'/);
    expect(() => new EMA({ decai: 0.9 } as never)).toThrow(/Did you mean 'decay'/);
    expect(() => new EMA({ buffers: 'none' } as never)).toThrow(/'buffers'/);
    const ema = new EMA();
    await expect(ema.stateDict()).rejects.toThrow(/averaged nothing yet/);
    ema.update(newNet());
    expect(() => ema.update(newNet())).toThrow(/another model/);
    ema.dispose();
  });
});

describe('SWA', () => {
  it('is the mean of the weights at the ends of epochs', async () => {
    const states: StateDict[] = [];
    const net = newNet();
    const swa = new SWA({ start: 2, every: 2 });
    const trainer = new Trainer({
      model: net,
      optimizer: new SGD(net.parameters(), { lr: 0.2 }),
      loss: crossEntropy,
      callbacks: [
        { onEpochEnd: async ({ epoch }) => void (epoch % 2 === 0 && states.push(await net.stateDict())) },
        swa,
      ],
    });
    await trainer.fit(loader(), { epochs: 5 });
    expect(swa.updates).toBe(2);
    const names = Array.from(net.namedParameters(), ([name]) => name);
    expectState(await swa.stateDict(), soup(states), names);
    swa.dispose();
  });
});

describe('soups', () => {
  const states = golden.states.map(toState);

  it('takes weights and keeps integers', () => {
    const mixed = soup(states.slice(0, 2), { weights: [0.25, 0.75] });
    const at = (state: StateDict) => Number(state.get('3.bias')!.data[1]);
    expect(at(mixed)).toBeCloseTo(0.25 * at(states[0]!) + 0.75 * at(states[1]!), 6);
    expect(mixed.get('1.num_batches_tracked')).toEqual(states[0]!.get('1.num_batches_tracked'));
  });

  it('grows greedily from the best', async () => {
    const at = (state: StateDict) => Number(state.get('3.bias')!.data[0]);
    const target = (at(states[1]!) + at(states[3]!)) / 2;
    const found = await greedySoup({ states, evaluate: (state) => -Math.abs(at(state) - target) });
    expect(found.score).toBeGreaterThanOrEqual(Math.max(...found.scores));
    expect(found.members[0]).toBe(found.scores.indexOf(Math.max(...found.scores)));
    expect(-Math.abs(at(found.state) - target)).toBe(found.score);
    expect(at(soup(found.members.map((i) => states[i]!)))).toBeCloseTo(at(found.state), 6);
  });

  it('refuses what does not mix', async () => {
    expect(() => soup([])).toThrow(/at least one state dict/);
    expect(() => soup([{ weight: [1] } as never])).toThrow(/takes state dicts, the Maps/);
    expect(() => soup(states, { weights: [1, 1, 1, 1, 1] })).toThrow(/add up to 5/);
    const other = new Map(states[1]);
    other.delete('0.bias');
    expect(() => soup([states[0]!, other])).toThrow(/state dict 1 .* it has no '0.bias'/);
    expect(() => soup([other, states[0]!])).toThrow(/it has '0.bias' besides/);
    other.set('0.bias', { dtype: 'float32', shape: [4], data: new Float32Array(4) });
    expect(() => soup([states[0]!, other])).toThrow(/'0.bias' is \[4\], not \[5\]/);
    await expect(greedySoup({ states: [], evaluate: () => 0 })).rejects.toThrow(/at least one/);
    await expect(greedySoup({ states, evaluate: () => Number.NaN })).rejects.toThrow(/finite/);
  });
});
