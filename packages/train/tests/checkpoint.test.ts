import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { type BatchSource, setDeterministic } from '@zoo/core';
import { saveSafetensors } from '@zoo/weights/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  Adam,
  accuracy,
  type Callback,
  type Checkpoint,
  CosineAnnealingLR,
  checkpointModelState,
  crossEntropy,
  EarlyStopping,
  OneCycleLR,
  SGD,
  Trainer,
  topK,
} from '../src/index.ts';
import { BestCheckpoint, checkpointFile, loadCheckpoint, readCheckpoint, saveCheckpoint } from '../src/node.ts';
import { type ToyNet, toyNet, toySource } from './toy.ts';

let folder: string;
beforeAll(async () => {
  setDeterministic(true);
  folder = await mkdtemp(join(tmpdir(), 'zoo-train-'));
});
afterAll(async () => {
  setDeterministic(false);
  await rm(folder, { recursive: true });
});

const source = () => toySource({ numExamples: 60 });
const validation = () => toySource({ numExamples: 24, seed: 8 });
const epochs = 4;

function newTrainer(kind: 'adam' | 'onecycle', seed = 1, callbacks: Callback[] = []) {
  const model = toyNet(seed);
  const optimizer =
    kind === 'adam'
      ? new Adam(
          [
            { params: model.first.parameters(), lr: 0.01 },
            { params: [...model.norm.parameters(), ...model.second.parameters()] },
          ],
          { lr: 0.03, amsgrad: true },
        )
      : new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
  const schedule =
    kind === 'adam'
      ? new CosineAnnealingLR(optimizer, { tMax: epochs })
      : new OneCycleLR(optimizer, { maxLr: 0.2, totalSteps: epochs * 8 });
  return new Trainer({
    model,
    optimizer,
    schedule,
    loss: crossEntropy,
    metrics: { accuracy, top2: () => topK(2) },
    callbacks: [new EarlyStopping({ patience: 50, restoreBest: true }), ...callbacks],
    logEvery: 3,
  });
}

/** Everything of a finished run but its times. */
async function outcome(trainer: Trainer) {
  const { epochs: records, points } = trainer.history;
  const weights = [...(await trainer.model.stateDict())].map(([name, { data }]) => [name, Array.from(data, String)]);
  return { records: records.map(({ seconds, examplesPerSecond, ...rest }) => rest), points, weights };
}

/** Aborts after `step` steps in all. */
function abortAt(step: number): { callback: Callback; signal: AbortSignal } {
  const controller = new AbortController();
  const callback: Callback = {
    onBatchEnd: (_, trainer) => {
      if (trainer.step === step) controller.abort();
    },
  };
  return { callback, signal: controller.signal };
}

describe('resume is exact', { timeout: 120_000 }, () => {
  for (const kind of ['adam', 'onecycle'] as const) {
    it(`${kind}: from any step, within and between epochs`, async () => {
      const whole = newTrainer(kind);
      await whole.fit(source(), { epochs, validation: validation() });
      const expected = await outcome(whole);
      for (const step of [1, 5, 8, 19]) {
        const { callback, signal } = abortAt(step);
        const first = newTrainer(kind, 1, [callback]);
        const path = join(folder, `${kind}-${step}.safetensors`);
        await expect(first.fit(source(), { epochs, validation: validation(), signal })).rejects.toThrow(/interrupted/);
        await saveCheckpoint(path, first);

        const second = newTrainer(kind, 99); // other initial weights, other random streams
        await second.predict(tf.zeros([1, 4]));
        await second.fit(source(), { epochs, validation: validation(), resume: await readCheckpoint(path) });
        expect(await outcome(second)).toEqual(expected);
      }
    });
  }

  it('from the file that fit keeps up to date', async () => {
    const whole = newTrainer('adam');
    await whole.fit(source(), { epochs, validation: validation() });
    const path = join(folder, 'kept.safetensors');
    const { callback, signal } = abortAt(21);
    const first = newTrainer('adam', 1, [callback]);
    const checkpoint = checkpointFile(path, { everySteps: 6 });
    await first.fit(source(), { epochs, validation: validation(), signal, checkpoint }).catch(() => {});
    const second = newTrainer('adam', 2);
    await loadCheckpoint(path, second);
    expect(second.step).toBe(18);
    await second.fit(source(), { epochs, validation: validation() });
    expect(await outcome(second)).toEqual(await outcome(whole));
  });

  it('does not depend on whether checkpoints are saved', async () => {
    const [plain, saving] = [newTrainer('adam'), newTrainer('adam')];
    const saved: Checkpoint[] = [];
    await plain.fit(source(), { epochs: 2 }).catch(() => {});
    const checkpoint = { everySteps: 1, save: async (c: Checkpoint) => void saved.push(c) };
    await saving.fit(source(), { epochs: 2, checkpoint }).catch(() => {});
    expect(saved.length).toBeGreaterThanOrEqual(8);
    expect(saving.history.points).toEqual(plain.history.points);
  });
});

describe('checkpoints', () => {
  const trained = async (path: string) => {
    const trainer = newTrainer('adam');
    await trainer.fit(source(), { epochs: 1, validation: validation(), checkpoint: checkpointFile(path) });
    return trainer;
  };

  it('hold the model under its names, and the trainer leaves nothing on the device', async () => {
    const path = join(folder, 'model.safetensors');
    const before = tf.memory().numTensors;
    const trainer = await trained(path);
    const checkpoint = await readCheckpoint(path);
    expect(checkpointModelState(checkpoint)).toEqual(await trainer.model.stateDict());
    expect(checkpoint.metadata).toMatchObject({ 'zoo.model': 'ToyNet', 'zoo.options': '{}' });
    trainer.dispose();
    trainer.model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('hold the last epoch too where it ends at a step that was saved', async () => {
    const saved: Checkpoint[] = [];
    const checkpoint = { everySteps: 8, save: async (c: Checkpoint) => void saved.push(c) };
    await newTrainer('adam').fit(source(), { epochs: 2, validation: validation(), checkpoint });
    const trainer = newTrainer('adam', 2);
    trainer.restore(saved.at(-1)!);
    expect([trainer.epoch, trainer.batch, trainer.history.epochs.length]).toEqual([2, 0, 2]);
  });

  it('are left as they were by a loss that is not finite', async () => {
    const path = join(folder, 'good.safetensors');
    const trainer = newTrainer('adam');
    const checkpoint = checkpointFile(path, { everySteps: 4 });
    const broken = toySource({
      numExamples: 60,
      change: (inputs, { epoch, batch }) => {
        if (epoch === 1 && batch === 1) inputs.fill(Number.NaN);
      },
    });
    await expect(trainer.fit(broken, { epochs: 2, validation: validation(), checkpoint })).rejects.toThrow(/step 10/);
    const again = newTrainer('adam');
    await loadCheckpoint(path, again);
    expect(again.step).toBe(8);
    await again.fit(source(), { epochs: 2, validation: validation() });
    expect(again.history.epochs).toHaveLength(2);
  });

  it('are left as they were when a save fails', async () => {
    const trainer = await trained(join(folder, 'kept-whole.safetensors'));
    await expect(saveCheckpoint(join(folder, 'missing', 'x.safetensors'), trainer)).rejects.toThrow(
      /missing\/x\.safetensors.*folder does not exist/,
    );
    await expect(saveCheckpoint(folder, trainer)).rejects.toThrow(/Could not write/);
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    await loadCheckpoint(join(folder, 'kept-whole.safetensors'), newTrainer('adam'));
  });

  it('that do not fit are refused by name, and change nothing', async () => {
    const path = join(folder, 'fits.safetensors');
    await trained(path);
    const trainer = newTrainer('adam', 3);
    const before = await trainer.checkpoint();
    const refusal = async (change: (c: Checkpoint) => void, words: RegExp) => {
      const checkpoint = await readCheckpoint(path);
      change(checkpoint);
      expect(() => trainer.restore(checkpoint)).toThrow(words);
      expect(() => trainer.restore(checkpoint)).toThrow(/fits\.safetensors/);
      expect(await trainer.checkpoint()).toEqual(before);
    };
    await refusal((c) => Object.assign(c.metadata, { 'zoo.model': 'lenet5' }), /model 'lenet5', not 'ToyNet'/);
    await refusal((c) => c.tensors.delete('model.norm.weight'), /entry norm\.weight is not in it/);
    await refusal((c) => {
      c.tensors.set('model.extra', { dtype: 'float32', shape: [1], data: new Float32Array(1) });
    }, /entry extra is not in the model/);
    await refusal((c) => {
      c.tensors.set('model.second.bias', { dtype: 'float32', shape: [5], data: new Float32Array(5) });
    }, /'second\.bias' has shape \[5\], the model's \[3\]/);
    await refusal((c) => c.tensors.set('optimizer.0.exp_avg', c.tensors.get('model.second.bias')!), /'0.exp_avg' has/);
    await refusal((c) => Object.assign(c.metadata, { 'zoo.checkpoint': '{"version":1}' }), /is damaged/);
    await refusal((c) => Object.assign(c.metadata, { 'zoo.checkpoint': '{"version":9}' }), /newer version/);
    await refusal((c) => {
      const text = c.metadata['zoo.checkpoint']!.replace('"top2":', '"top5":');
      Object.assign(c.metadata, { 'zoo.checkpoint': text });
    }, /metrics are accuracy, top5, the trainer's accuracy, top2/);
    const onecycle = newTrainer('onecycle');
    expect(() => onecycle.restore({ tensors: new Map(), metadata: {} })).toThrow(/weights but no training/);
    await expect(loadCheckpoint(path, onecycle)).rejects.toThrow(/optimizer is Adam, the trainer's SGD/);
  });

  /** Changes the JSON of a checkpoint at a place, a list of keys. */
  function changed(checkpoint: Checkpoint, keys: readonly (string | number)[], value: unknown): Checkpoint {
    const data = JSON.parse(checkpoint.metadata['zoo.checkpoint']!);
    let at = data;
    for (const key of keys.slice(0, -1)) at = at[key];
    at[keys.at(-1)!] = value;
    return { ...checkpoint, metadata: { ...checkpoint.metadata, 'zoo.checkpoint': JSON.stringify(data) } };
  }

  it.each<[string, readonly (string | number)[], unknown, RegExp]>([
    ['a random stream', ['rng', 'drop'], [0, 0, 0, 0], /random stream of module 'drop' is damaged/],
    ['a random stream', ['rng', 'drop'], [1, 2, 3, 2 ** 32], /random stream of module 'drop' is damaged/],
    ['a random stream', ['rng', 'drop'], '1234', /rng\.drop is "1234", not a list/],
    ['the history', ['history', 'epochs', 0], null, /history\.epochs\[0\] is null, not an object/],
    [
      'the history',
      ['history', 'epochs', 0, 'trainLoss'],
      'low',
      /history\.epochs\[0\]\.trainLoss is "low", not a number/,
    ],
    ['the history', ['history', 'points'], {}, /history\.points is an object, not a list/],
    [
      'a callback',
      ['callbacks', 'EarlyStopping'],
      7,
      /callback EarlyStopping refused its state: its state is 7, not an object/,
    ],
    ['a callback', ['callbacks', 'EarlyStopping', 'waited'], '1', /its state\.waited is "1", not a whole number >= 0/],
    [
      'betas',
      ['optimizer', 'paramGroups', 0, 'betas'],
      0.9,
      /'betas' of group 0 must be two numbers in \[0, 1\), got 0\.9/,
    ],
    ['lr', ['optimizer', 'paramGroups', 1, 'lr'], '0.03', /'lr' of group 1 must be a number >= 0, got "0\.03"/],
    ['amsgrad', ['optimizer', 'paramGroups', 1, 'amsgrad'], 1, /'amsgrad' of group 1 must be true or false, got 1/],
    ['an option', ['optimizer', 'paramGroups', 0, 'toString'], 1, /unknown options toString/],
    ['metrics', ['metrics', 'top2'], [1, 2, 3, 4, 5, 6, 7], /metric top2: 7 sums/],
    ['metrics', ['metrics', 'top2'], ['a'], /metrics\.top2\[0\] is "a", not a number/],
    ['the place', ['cursor', 'batch'], 0.5, /cursor\.batch is 0\.5, not a whole number/],
    ['the schedule', ['schedule', 'baseLrs'], [0.1], /1 learning rates/],
    ['the schedule', ['schedule', 'count'], -1, /schedule\.count is -1/],
  ])('with damage in %s at %j are refused, and change nothing', async (_, keys, value, words) => {
    const path = join(folder, 'damage.safetensors');
    await trained(path);
    const checkpoint = await readCheckpoint(path);
    const trainer = newTrainer('adam', 3);
    await trainer.fit(source(), { epochs: 1, validation: validation() });
    const before = await trainer.checkpoint();
    const tensors = tf.memory().numTensors;
    const restore = () => trainer.restore(changed(checkpoint, keys, value));
    expect(restore).toThrow(words);
    expect(restore).toThrow(expect.objectContaining({ name: 'ZooError', message: expect.stringContaining(path) }));
    expect(tf.memory().numTensors).toBe(tensors);
    expect(await trainer.checkpoint()).toEqual(before);
    trainer.restore(checkpoint);
    expect((await trainer.checkpoint()).metadata).toEqual({ ...checkpoint.metadata, format: expect.anything() });
  });

  it('with any entry replaced are loaded whole or refused by a clear error', async () => {
    const path = join(folder, 'any.safetensors');
    await trained(path);
    const checkpoint = await readCheckpoint(path);
    const trainer = newTrainer('adam', 3);
    const before = await trainer.checkpoint();
    const places: (string | number)[][] = [];
    const walk = (value: unknown, keys: (string | number)[]) => {
      if (keys.length > 0) places.push(keys);
      if (Array.isArray(value)) {
        if (value.length > 0) walk(value[0], [...keys, 0]);
      } else if (typeof value === 'object' && value !== null) {
        for (const [key, part] of Object.entries(value)) walk(part, [...keys, key]);
      }
    };
    walk(JSON.parse(checkpoint.metadata['zoo.checkpoint']!), []);
    expect(places.length).toBeGreaterThan(60);
    let refused = 0;
    for (const keys of places) {
      for (const value of [null, 'x', -0.5, [], {}]) {
        try {
          trainer.restore(changed(checkpoint, keys, value));
          trainer.restore(before);
        } catch (error) {
          expect(error, keys.join()).toMatchObject({ name: 'ZooError', message: expect.stringContaining(path) });
          refused++;
        }
      }
      expect(await trainer.checkpoint(), keys.join()).toEqual(before);
    }
    expect(refused).toBeGreaterThan(200);
  }, 60_000);

  it('are refused as a whole where a callback of the user refuses', async () => {
    const path = join(folder, 'user.safetensors');
    await trained(path);
    const checkpoint = await readCheckpoint(path);
    const picky: Callback = {
      name: 'EarlyStopping',
      loadState: () => {
        throw new Error('not this one');
      },
    };
    let loaded = 0;
    const easy: Callback = { name: 'EarlyStopping', loadState: () => () => void loaded++ };
    const trainer = newTrainer('adam', 3, [easy, picky]);
    const before = await trainer.checkpoint();
    expect(() => trainer.restore(checkpoint)).toThrow(/callback EarlyStopping refused its state: not this one/);
    expect(await trainer.checkpoint()).toEqual(before);
    expect(loaded).toBe(0);
    newTrainer('adam', 3, [easy]).restore(checkpoint);
    expect(loaded).toBe(1);
  });

  it('with half of an optimizer state are refused', async () => {
    const path = join(folder, 'half.safetensors');
    await trained(path);
    const trainer = newTrainer('adam', 3);
    const before = await trainer.checkpoint();
    const lacking = await readCheckpoint(path);
    lacking.tensors.delete('optimizer.0.step');
    expect(() => trainer.restore(lacking)).toThrow(/'0\.\w+' has no '0\.step' beside it/);
    const broken = await readCheckpoint(path);
    broken.tensors.set('optimizer.0.step', { dtype: 'float32', shape: [], data: Float32Array.of(Number.NaN) });
    expect(() => trainer.restore(broken)).toThrow(/'0\.step' is NaN, not a count of steps/);
    expect(await trainer.checkpoint()).toEqual(before);
  });

  it('are not made of tensors that are not finite, which are named', async () => {
    const path = join(folder, 'infinite.safetensors');
    const trainer = newTrainer('adam');
    await trainer.fit(source(), { epochs: 1, validation: validation() });
    await saveCheckpoint(path, trainer);
    const kept = await readFile(path);
    const refusedWith = async (words: RegExp) => {
      await expect(saveCheckpoint(path, trainer)).rejects.toEqual(
        expect.objectContaining({ code: 'NUMERIC', message: expect.stringMatching(words) }),
      );
      expect((await readFile(path)).equals(kept)).toBe(true);
    };
    const variance = (trainer.model as ToyNet).norm.running_var!;
    const good = await variance.toHost();
    for (const bad of [Number.POSITIVE_INFINITY, Number.NaN]) {
      variance.load({ dtype: 'float32', shape: [8], data: new Float32Array(8).fill(bad) });
      await refusedWith(/Buffer 'norm\.running_var' is no longer finite after step 8/);
      // Training does not read running statistics: nothing but the buffer is wrong.
      await expect(trainer.fit(source(), { epochs: 2, validation: validation() })).rejects.toThrow(
        /Buffer 'norm\.running_var' became NaN or infinite/,
      );
      trainer.restore(await readCheckpoint(path));
    }
    variance.load(good);
    const state = await trainer.optimizer.stateDict();
    (state.tensors.get('1.exp_avg_sq')!.data as Float32Array)[0] = Number.NaN;
    trainer.optimizer.loadStateDict(state);
    await refusedWith(/Adam's exp_avg_sq of parameter 'first\.bias' is no longer finite/);
  });

  it('that are corrupt, cut short or foreign are refused by file name', async () => {
    const path = join(folder, 'whole.safetensors');
    await trained(path);
    const bytes = await readFile(path);
    const damaged = join(folder, 'damaged.safetensors');
    for (const content of [bytes.subarray(0, 100), bytes.subarray(0, bytes.length - 1), Buffer.from('hello'), '']) {
      await writeFile(damaged, content);
      await expect(readCheckpoint(damaged)).rejects.toThrow(/damaged\.safetensors/);
    }
    await expect(readCheckpoint(join(folder, 'none.safetensors'))).rejects.toThrow(/No such file: .*none\.safetensors/);
    const weights = join(folder, 'weights.safetensors');
    await saveSafetensors(weights, await toyNet().stateDict());
    await expect(loadCheckpoint(weights, newTrainer('adam'))).rejects.toThrow(
      /weights\.safetensors.*cannot be resumed/,
    );
  });

  it('within an epoch need the same data', async () => {
    const { callback, signal } = abortAt(3);
    const trainer = newTrainer('adam', 1, [callback]);
    await trainer.fit(source(), { epochs, signal }).catch(() => {});
    const other: BatchSource = toySource({ numExamples: 60, batchSize: 10 });
    await expect(trainer.fit(other, { epochs })).rejects.toThrow(/60 examples in 8 batches.*has 60 in 6/);
  });
});

it('BestCheckpoint keeps the weights of the best epoch, also across a resume', async () => {
  const path = join(folder, 'best.safetensors');
  const best = () => new BestCheckpoint({ path, monitor: 'testLoss', modelRecord: { name: 'toy', options: { a: 1 } } });
  const first = newTrainer('adam', 1, [best()]);
  await first.fit(source(), { epochs: 3, validation: validation() });
  const second = newTrainer('adam', 2, [best()]);
  second.restore(await first.checkpoint());
  const history = await second.fit(source(), { epochs, validation: validation() });
  const { tensors, metadata } = await readCheckpoint(path);
  const record = history.best('testLoss')!;
  expect(metadata).toMatchObject({
    'zoo.model': 'toy',
    'zoo.options': '{"a":1}',
    'zoo.epoch': String(record.epoch),
    'zoo.testLoss': String(record.testLoss),
  });
  const net = toyNet(5);
  net.loadStateDict(tensors);
  const optimizer = new SGD(net.parameters(), { lr: 0.1 });
  const { loss } = await new Trainer({ model: net, optimizer, loss: crossEntropy }).evaluate(validation());
  expect(loss).toBe(record.testLoss);
});
