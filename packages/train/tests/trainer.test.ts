import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import {
  Adam,
  type BatchInfo,
  type Callback,
  crossEntropy,
  EarlyStopping,
  ExponentialLR,
  LinearLR,
  mse,
  SGD,
  Trainer,
  type TrainerOptions,
  topK,
} from '../src/index.ts';
import { type ToyNet, toyNet, toySource } from './toy.ts';

function toyTrainer(options: Partial<TrainerOptions<tf.Tensor>> & { model?: ToyNet; lr?: number } = {}) {
  const { lr = 0.05, model = toyNet(), ...rest } = options;
  const optimizer = options.optimizer ?? new SGD(model.parameters(), { lr, momentum: 0.9 });
  return new Trainer({ model, optimizer, loss: crossEntropy, ...rest });
}

// A software WebGPU adapter takes about a tenth of a second for a step.
const timeout = 180_000;

describe('Trainer', { timeout }, () => {
  it('learns, and records every epoch', async () => {
    const trainer = toyTrainer();
    const history = await trainer.fit(toySource(), { epochs: 12, validation: toySource({ seed: 8 }) });
    expect(history.epochs.map((record) => record.epoch)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    const { trainLoss, trainAccuracy, testLoss, testAccuracy, learningRate, examplesPerSecond } = history.last!;
    expect(trainLoss).toBeLessThan(history.epochs[0]!.trainLoss);
    expect(trainAccuracy).toBeGreaterThan(0.7);
    expect(testAccuracy).toBeGreaterThan(0.7);
    expect(testLoss).toBeLessThan(1);
    expect(learningRate).toBe(0.05);
    expect(examplesPerSecond).toBeGreaterThan(0);
    expect(history.points).toHaveLength(60);
    expect(history.points.at(-1)!.epoch).toBe(12);
    expect(history.points.at(-1)!.trainLoss).toBe(trainLoss);
    expect(history.best('testLoss')!.testLoss).toBe(Math.min(...history.epochs.map((r) => r.testLoss!)));
  });

  it('reports the mean over examples whatever the interval of reading', async () => {
    const records = [];
    for (const logEvery of [1, 3, 1000]) {
      const history = await toyTrainer({ logEvery }).fit(toySource(), { epochs: 2 });
      records.push(history.epochs.map(({ trainLoss, trainAccuracy }) => ({ trainLoss, trainAccuracy })));
    }
    expect(records[1]).toEqual(records[0]);
    expect(records[2]).toEqual(records[0]);
  });

  it('evaluates like a plain loop, and leaves mode and memory alone', async () => {
    const trainer = toyTrainer({ metrics: { top2: () => topK(2) } });
    await trainer.fit(toySource(), { epochs: 1 });
    const source = toySource({ seed: 9, numExamples: 20 });
    const before = tf.memory().numTensors;
    const result = await trainer.evaluate(source);
    expect(tf.memory().numTensors).toBe(before);
    expect(trainer.model.training).toBe(true);
    let [sum, hits] = [0, 0];
    for await (const { inputs, targets } of source.epoch(0)) {
      const logits = trainer.model.predict(inputs) as tf.Tensor2D;
      sum += (await crossEntropy(logits, targets, { reduction: 'sum' }).data())[0]!;
      const rows = await logits.array();
      const labels = await targets.data();
      rows.forEach((row, i) => {
        if (row.filter((v) => v > row[labels[i]!]!).length < 2) hits++;
      });
    }
    expect(result.examples).toBe(20);
    expect(result.loss).toBeCloseTo(sum / 20, 5);
    expect(result['top2']).toBe(hits / 20);
  });

  it('takes batches without examples, which count for nothing, and refuses sources without batches', async () => {
    const model = toyNet();
    const trainer = toyTrainer({ model, optimizer: new SGD(model.parameters(), { lr: 0 }) });
    const some = toySource({ numExamples: 8, batchSize: 8 });
    const withEmpty = {
      ...some,
      numBatches: 2,
      async *epoch(epoch: number) {
        yield { inputs: tf.zeros([0, 4]), targets: tf.tensor1d([], 'int32') };
        yield* some.epoch(epoch);
      },
    };
    expect(await trainer.evaluate(withEmpty)).toEqual(await trainer.evaluate(some));
    const { trainLoss } = (await trainer.fit(withEmpty, { epochs: 1 })).last!;
    expect(trainLoss).toBeGreaterThan(0);
    const nothing = toySource({ numExamples: 0 });
    await expect(trainer.fit(nothing, { epochs: 2 })).rejects.toThrow(/no batches/);
    await expect(trainer.evaluate(nothing)).rejects.toThrow(/no batches/);
    await expect(trainer.predict(nothing)).rejects.toThrow(/no batches/);
  });

  it('predicts a batch and a source', async () => {
    const trainer = toyTrainer();
    const source = toySource({ numExamples: 20 });
    const all = await trainer.predict(source);
    expect(all.shape).toEqual([20, 3]);
    for await (const { inputs } of source.epoch(0)) {
      const one = await trainer.predict(inputs);
      const [rows = 0] = inputs.shape;
      expect(await one.data()).toEqual(await tf.slice(all, [0, 0], [rows, 3]).data());
      break;
    }
  });

  it('keeps the number of tensors constant over 500 steps', async () => {
    const counts: number[] = [];
    const model = toyNet();
    const callback: Callback = {
      onBatchEnd: (_, trainer) => {
        if (trainer.step % 20 === 0) counts.push(tf.memory().numTensors);
      },
    };
    const trainer = toyTrainer({
      model,
      optimizer: new Adam(model.parameters(), { amsgrad: true, weightDecay: 0.01 }),
      callbacks: [callback],
      clipNorm: 1,
      clipValue: 0.5,
    });
    // 5 epochs of 100 batches; a software WebGPU adapter gets 1 of them.
    const epochs = process.env['ZOO_BACKEND'] === 'webgpu' ? 1 : 5;
    const source = toySource({ numExamples: 800, batchSize: 8 });
    await trainer.fit(source, { epochs, validation: toySource() });
    expect(trainer.step).toBe(100 * epochs);
    expect(counts).toHaveLength(5 * epochs);
    expect(new Set(counts).size).toBe(1);
  });

  it('trains only what is neither frozen nor left out of the optimizer', async () => {
    const model = toyNet();
    model.first.freeze();
    const optimizer = new SGD([...model.first.parameters(), ...model.second.parameters()], { lr: 0.1 });
    const before = await model.stateDict();
    await toyTrainer({ model, optimizer }).fit(toySource(), { epochs: 1 });
    const after = await model.stateDict();
    const changed = [...before].filter(([name, t]) => String(t.data) !== String(after.get(name)!.data));
    expect(changed.map(([name]) => name)).toEqual([
      'norm.running_mean',
      'norm.running_var',
      'norm.num_batches_tracked',
      'second.weight',
      'second.bias',
    ]);
    model.freeze();
    await expect(toyTrainer({ model, optimizer }).fit(toySource(), { epochs: 1 })).rejects.toThrow(/Nothing to train/);
  });

  it('advances schedules by epoch or by step', async () => {
    const rates = async (make: (optimizer: SGD) => ExponentialLR | LinearLR) => {
      const model = toyNet();
      const optimizer = new SGD(model.parameters(), { lr: 1e-3 });
      const seen: number[] = [];
      const callback: Callback = { onBatchEnd: () => void seen.push(optimizer.paramGroups[0]!.lr / 1e-3) };
      const trainer = toyTrainer({ model, optimizer, schedule: make(optimizer), callbacks: [callback] });
      const history = await trainer.fit(toySource({ batchSize: 25 }), { epochs: 2 });
      return [seen, history.epochs.map((record) => record.learningRate / 1e-3)];
    };
    expect(await rates((o) => new ExponentialLR(o, { gamma: 0.5 }))).toEqual([
      [1, 1, 0.5, 0.5],
      [1, 0.5],
    ]);
    const [byStep] = await rates((o) => new LinearLR(o, { startFactor: 0.2, totalIters: 4, every: 'step' }));
    expect(byStep!.map((r) => Math.round(r * 10) / 10)).toEqual([0.4, 0.6, 0.8, 1]);
  });

  it('calls callbacks in order, awaits them and says what goes on', async () => {
    const calls: string[] = [];
    const infos: BatchInfo[] = [];
    const callback: Callback = {
      async onFitStart({ epochs }) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        calls.push(`start ${epochs}`);
      },
      onEpochStart: ({ epoch }) => void calls.push(`epoch ${epoch}`),
      onBatchEnd: (info) => {
        calls.push(`batch ${info.batch}`);
        infos.push(info);
      },
      onEpochEnd: ({ epoch }) => void calls.push(`end ${epoch}`),
      onFitEnd: () => void calls.push('done'),
    };
    await toyTrainer({ callbacks: [callback], logEvery: 1 }).fit(toySource({ batchSize: 25 }), { epochs: 2 });
    const epoch = (n: number) => [`epoch ${n}`, 'batch 1', 'batch 2', `end ${n}`];
    expect(calls).toEqual(['start 2', ...epoch(1), ...epoch(2), 'done']);
    expect(infos.map(({ examples }) => examples)).toEqual([25, 50, 25, 50]);
    expect(infos.every(({ loss }) => loss! > 0)).toBe(true);
  });

  it('lets timers run while it trains', async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await toyTrainer().fit(toySource({ numExamples: 600 }), { epochs: 1 });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(2);
  });

  it('goes on from where it stands', async () => {
    const trainer = toyTrainer();
    await trainer.fit(toySource(), { epochs: 1 });
    const history = await trainer.fit(toySource(), { epochs: 3 });
    const whole = await toyTrainer().fit(toySource(), { epochs: 3 });
    expect(history.epochs.map((r) => r.trainLoss)).toEqual(whole.epochs.map((r) => r.trainLoss));
  });

  it('trains on float targets without an accuracy', async () => {
    const model = toyNet();
    const source = toySource();
    const regression = {
      ...source,
      async *epoch(...args: Parameters<typeof source.epoch>) {
        for await (const { inputs, targets } of source.epoch(...args)) {
          targets.dispose();
          yield { inputs, targets: tf.slice(inputs, [0, 0], [inputs.shape[0]!, 3]) };
        }
      },
    };
    const history = await toyTrainer({ model, loss: mse }).fit(regression, { epochs: 2, validation: regression });
    expect(Object.keys(history.last!)).toEqual([
      'epoch',
      'trainLoss',
      'learningRate',
      'seconds',
      'examplesPerSecond',
      'testLoss',
    ]);
  });
});

describe('Trainer stops', { timeout }, () => {
  it('at a loss that is not finite, naming epoch and step, also when it is read later', async () => {
    for (const [logEvery, value] of [
      [1, Number.NaN],
      [1000, Number.POSITIVE_INFINITY],
    ] as const) {
      let calls = 0;
      const trainer = toyTrainer({
        logEvery,
        loss: (outputs, targets) => tf.mul(crossEntropy(outputs, targets), ++calls === 10 ? value : 1),
      });
      const failure = await trainer.fit(toySource(), { epochs: 3 }).catch((error) => error);
      expect(failure.code).toBe('NUMERIC');
      expect(failure.message).toMatch(/epoch 2, step 10\./);
      await expect(trainer.checkpoint()).rejects.toThrow(/epoch 2, step 10\./);
    }
  });

  it('at weights that are not finite, even where the loss hides them', async () => {
    const callback: Callback = {
      onBatchEnd: (_, { step, model }) => {
        if (step === 9) model.parameters()[0]!.assign(tf.fill([4, 8], Number.NaN));
      },
    };
    // A loss that does not look at the outputs.
    const loss = (outputs: tf.Tensor) =>
      tf.add(tf.mean(tf.mul(tf.zerosLike(outputs), tf.relu(tf.zerosLike(outputs)))), 1);
    const trainer = toyTrainer({ callbacks: [callback], loss, logEvery: 5 });
    await expect(trainer.fit(toySource(), { epochs: 3 })).rejects.toThrow(
      /'first.weight' became NaN.*epoch 2, step 10,/,
    );
  });

  it('at inputs that are not finite, on every engine', async () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const source = toySource({
        change: (inputs, { epoch, batch }) => {
          if (epoch === 1 && batch === 2) inputs[0] = value;
        },
      });
      const failure = await toyTrainer()
        .fit(source, { epochs: 3 })
        .catch((error) => error);
      expect(failure.code).toBe('NUMERIC');
      expect(failure.message).toMatch(/epoch 2/);
    }
  });

  it('before it would save weights that the last step broke', async () => {
    const trainer = toyTrainer();
    await trainer.fit(toySource(), { epochs: 1 });
    trainer.model.parameters()[0]!.assign(tf.fill([4, 8], Number.NaN));
    await expect(trainer.checkpoint()).rejects.toThrow(/'first.weight' is no longer finite after step 7/);
  });

  it('after a whole step when the signal aborts', async () => {
    const controller = new AbortController();
    const errors: unknown[] = [];
    const callback: Callback = {
      onBatchEnd: ({ batch }) => {
        if (batch === 3) controller.abort();
      },
      onFitError: (error) => void errors.push(error),
    };
    const trainer = toyTrainer({ callbacks: [callback] });
    const failure = await trainer.fit(toySource(), { epochs: 2, signal: controller.signal }).catch((error) => error);
    expect(failure.code).toBe('INTERRUPTED');
    expect(errors).toEqual([failure]);
    expect([trainer.epoch, trainer.batch, trainer.step]).toEqual([0, 3, 3]);
  });

  it('early when the monitored figure stalls, and puts the best weights back', async () => {
    const early = new EarlyStopping({ monitor: 'testLoss', patience: 2, restoreBest: true });
    const trainer = toyTrainer({ lr: 0.5, callbacks: [early] });
    const validation = toySource({ seed: 8, numExamples: 30 });
    const history = await trainer.fit(toySource(), { epochs: 60, validation });
    const best = history.best('testLoss')!;
    expect(history.epochs.length).toBe(best.epoch + 2);
    expect(early.bestEpoch).toBe(best.epoch);
    expect((await trainer.evaluate(validation)).loss).toBe(best.testLoss);
  });

  it('with a clear error for what it cannot use', async () => {
    const model = toyNet();
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    expect(() => new Trainer({ model, optimizer, loss: mse, clipnorm: 1 } as never)).toThrow(/Did you mean 'clipNorm'/);
    expect(() => new Trainer({ model, optimizer, loss: mse, clipNorm: 0 })).toThrow(/'clipNorm' must be > 0/);
    const foreign = new ExponentialLR(new SGD(model.parameters(), { lr: 1 }), { gamma: 0.5 });
    expect(() => new Trainer({ model, optimizer, loss: mse, schedule: foreign })).toThrow(/another optimizer/);
    const trainer = toyTrainer({ callbacks: [new EarlyStopping()] });
    await expect(trainer.fit(toySource(), { epochs: 0 })).rejects.toThrow(/'epochs' must be/);
    await expect(trainer.fit(toySource(), { epoch: 1 } as never)).rejects.toThrow(/Did you mean 'epochs'/);
    await expect(trainer.fit(toySource(), { epochs: 1 })).rejects.toThrow(/monitors 'testLoss'.*trainLoss/);
    const first = trainer.fit(toySource(), { epochs: 2, validation: toySource() });
    await expect(trainer.fit(toySource(), { epochs: 2 })).rejects.toThrow(/already training/);
    await first;
  });
});
