import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { crossEntropy, SGD, Trainer } from '../src/index.ts';
import { formatEpoch, progressBar } from '../src/node.ts';
import { toyNet, toySource } from './toy.ts';

/** A terminal that remembers what was written. */
class Terminal extends Writable {
  text = '';
  readonly isTTY: boolean;
  readonly columns = 120;

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }

  cursorTo(): boolean {
    return true;
  }

  clearLine(): boolean {
    return true;
  }
}

async function written(isTTY: boolean, epochs = 2): Promise<string> {
  const terminal = new Terminal(isTTY);
  const model = toyNet();
  const callbacks = [progressBar({ stream: terminal as unknown as NodeJS.WriteStream })];
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  const trainer = new Trainer({ model, optimizer, loss: crossEntropy, callbacks, logEvery: 1 });
  await trainer.fit(toySource(), { epochs, validation: toySource({ seed: 8 }) });
  return terminal.text;
}

it('shows the running loss and speed, and a line per epoch', async () => {
  const text = await written(true);
  expect(text).toMatch(/epoch 1\/2 \[.*\/7 {2}loss \d\.\d{4} {2}\d+ examples\/s/);
  expect(text.trimEnd().split('\n').at(-1)).toMatch(
    /epoch 2\/2 {2}loss \d\.\d{4} {2}train acc \d\.\d{4} {2}test loss \d\.\d{4} {2}test acc \d\.\d{4} {2}\d+ examples\/s$/,
  );
});

it('writes nothing where there is no terminal', async () => {
  expect(await written(false)).toBe('');
});

it('formats an epoch without figures it does not have', () => {
  const record = { epoch: 3, trainLoss: 0.5, learningRate: 0.1, seconds: 2, examplesPerSecond: 1234.5 };
  expect(formatEpoch(record)).toBe('epoch 3  loss 0.5000  1235 examples/s');
});
