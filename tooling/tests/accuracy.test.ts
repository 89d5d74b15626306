import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { idxFolder } from '@zoo/datasets/node';
import { expect, it } from 'vitest';
import { cifar10ToIdx, parseCifar10 } from '../accuracy/cifar10.ts';
import { noteNets } from '../accuracy/nets.ts';
import { familyRegistry } from '../families.ts';

/** A record whose planes are all 10, all 20 and all 30, but for the first pixel, which is 1, 2, 3. */
function record(label: number): Buffer {
  const planes = [1, 2, 3].map((n) => Buffer.alloc(1024, 10 * n).fill(n, 0, 1));
  return Buffer.concat([Buffer.from([label]), ...planes]);
}

it("turns CIFAR-10's planes into channels-last images", () => {
  const { images, labels } = parseCifar10(Buffer.concat([record(3), record(9)]), 'batch');
  expect([...labels]).toEqual([3, 9]);
  expect([...images.slice(0, 6)]).toEqual([1, 2, 3, 10, 20, 30]);
  expect([...images.slice(3072, 3075)]).toEqual([1, 2, 3]);
});

it('refuses files of another format, and labels out of range', () => {
  expect(() => parseCifar10(Buffer.alloc(3000), 'x.bin')).toThrow('x.bin: 3000 bytes are no records');
  expect(() => parseCifar10(record(10), 'x.bin')).toThrow('x.bin: record 0 has label 10');
});

it('writes IDX files that the datasets read', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'zoo-cifar-'));
  try {
    for (let n = 1; n <= 5; n++) await writeFile(join(folder, `data_batch_${n}.bin`), record(n));
    await writeFile(join(folder, 'test_batch.bin'), record(7));
    const root = await cifar10ToIdx(folder, join(folder, 'idx'));
    const train = await idxFolder({ root, split: 'train' });
    expect(train.inputShape).toEqual([32, 32, 3]);
    expect([...train.labels!]).toEqual([1, 2, 3, 4, 5]);
    expect([...(await idxFolder({ root, split: 'test' })).labels!]).toEqual([7]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('knows every net that the notes train, at a size that fits it', () => {
  const registry = familyRegistry();
  for (const { net, data, resize = 28 } of noteNets) {
    const channels = data === 'cifar10' ? 3 : 1;
    const summary = registry.model(net).create({ inChannels: channels }).summary([1, resize, resize, channels]);
    expect(summary.rows[0]!.outputShape).toEqual([1, 10]);
  }
});
