import * as tf from '@tensorflow/tfjs-core';
import { type Batch, type BatchSource, Module, seeded } from '@zoo/core';
import { BatchNorm2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU } from '@zoo/layers';
import { engineState, withFailingOperation } from '@zoo/testing';
import { expect, it, vi } from 'vitest';
import { Adam, accuracy, crossEntropy, SGD, Trainer, type TrainerOptions } from '../src/index.ts';

/** Operations that save inputs, outputs, both, or something of their own for the backward pass. */
class SmallNet extends Module {
  conv = new Conv2d(1, 4, 3, { padding: 1 });
  norm = new BatchNorm2d(4);
  act = new ReLU();
  pool = new MaxPool2d(2);
  flatten = new Flatten();
  drop = new Dropout(0.5);
  fc = new Linear(16, 3);

  forward(x: tf.Tensor): tf.Tensor {
    const maps = this.pool.call(this.act.call(this.norm.call(this.conv.call(x))));
    return this.fc.call(this.drop.call(tf.tanh(this.flatten.call(maps))));
  }
}

const oneBatch: BatchSource = {
  numExamples: 6,
  numBatches: 1,
  async *epoch(): AsyncGenerator<Batch> {
    yield {
      inputs: tf.randomNormal([6, 4, 4, 1], 0, 1, 'float32', 3),
      targets: tf.tensor1d([0, 1, 2, 0, 1, 2], 'int32'),
    };
  },
};

function training() {
  const model = seeded(1, () => new SmallNet());
  model.materialize();
  const trainer = new Trainer({
    model,
    optimizer: new Adam(model.parameters(), { lr: 0.01, amsgrad: true }),
    loss: crossEntropy,
    clipNorm: 1,
    clipValue: 1,
  });
  const dispose = () => {
    trainer.dispose();
    model.dispose();
  };
  return { model, trainer, dispose };
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

it('leaves nothing behind, whichever operation of a step fails, and goes on', { timeout: 180_000 }, async () => {
  const { trainer, dispose } = training();
  await trainer.fit(oneBatch, { epochs: 1 });
  const settled = engineState();
  const whole = await withFailingOperation(-1, () => trainer.fit(oneBatch, { epochs: 2 }));
  expect(whole.count).toBeGreaterThan(100);
  expect(engineState()).toEqual(settled);
  for (let at = 0; at < whole.count; at++) {
    // Where the last failure came after the step, the epoch ends without another one.
    if (trainer.batch > 0) await trainer.fit(oneBatch, { epochs: trainer.epoch + 1 });
    const epochs = trainer.epoch + 1;
    const failed = await withFailingOperation(at, () => trainer.fit(oneBatch, { epochs }));
    expect(message(failed.error)).toContain(`Operation ${at} fails.`);
    expect([at, engineState()]).toEqual([at, settled]);
  }
  const history = await trainer.fit(oneBatch, { epochs: trainer.epoch + 1 });
  expect(history.last!.trainLoss).toBeGreaterThan(0);
  expect(engineState()).toEqual(settled);
  dispose();
});

it('leaves nothing behind when the first update of all fails', async () => {
  const { model, trainer, dispose } = training();
  const before = engineState();
  const update = vi.spyOn(Adam.prototype as unknown as { update(): never }, 'update').mockImplementationOnce(() => {
    throw new Error('No update.');
  });
  await expect(trainer.fit(oneBatch, { epochs: 1 })).rejects.toThrow('No update.');
  update.mockRestore();
  expect(engineState()).toEqual(before);
  // Its step does not count either: the state is that of a run without the failure.
  await trainer.fit(oneBatch, { epochs: 1 });
  const steps = [...(await trainer.optimizer.stateDict()).tensors].filter(([name]) => name.endsWith('.step'));
  expect(steps.map(([, { data }]) => data[0])).toEqual(model.parameters().map(() => 1));
  dispose();
});

it('leaves nothing behind when a callback, a metric, a hook or the data fails', async () => {
  const fail = (): never => {
    throw new Error('Fails.');
  };
  const model = seeded(1, () => new SmallNet()).materialize();
  const parts = { model, loss: crossEntropy };
  const hooked = seeded(1, () => new SmallNet()).materialize();
  hooked.fc.registerForwardHook(fail);
  const cases: Record<string, () => Promise<unknown>> = {
    'a callback': () => fit({ ...parts, callbacks: [{ onBatchEnd: fail }] }),
    'a metric': () => fit({ ...parts, metrics: { accuracy, broken: () => ({ ...accuracy(), update: fail }) } }),
    'the loss': () => fit({ ...parts, loss: fail }),
    'a loss without a scalar': () => fit({ ...parts, loss: (y) => y }),
    'a loss of constants': () => fit({ ...parts, loss: () => tf.scalar(1) }),
    'a hook': () => fit({ model: hooked, loss: crossEntropy }),
    'a hook, predicting': async () => hooked.predict(x),
    'a hook, in evaluation': () => {
      const optimizer = new SGD(hooked.parameters(), { lr: 0 });
      return new Trainer({ model: hooked, loss: crossEntropy, optimizer }).evaluate(oneBatch);
    },
    'a hook, in a summary': async () => hooked.summary([1, 4, 4, 1]),
  };
  const fit = async (options: Omit<TrainerOptions<tf.Tensor>, 'optimizer'>): Promise<void> => {
    const optimizer = new SGD(options.model.parameters(), { lr: 0.1 });
    await new Trainer({ optimizer, ...options }).fit(oneBatch, { epochs: 1 });
  };
  const x = tf.zeros([1, 4, 4, 1]);
  for (const [name, run] of Object.entries(cases)) {
    const before = engineState();
    await expect(run(), name).rejects.toThrow();
    expect([name, engineState()]).toEqual([name, before]);
  }
  x.dispose();
  model.dispose();
  hooked.dispose();
});
