import { createRegistry, type HostTensor, Sequential, ZooError } from '@zoo/core';
import { describe, expect, it } from 'vitest';
import { parseSafetensors, readModelMetadata } from '../src/index.ts';
import { loadInto } from '../src/load/load-into.ts';
import { readShardIndex } from '../src/source/shards.ts';
import { tellNotices } from '../src/source/weight-file.ts';
import { costOf } from './cost.ts';
import { rawFile } from './raw-file.ts';

const million = 1_000_000;

function refusal(read: () => unknown): ZooError {
  try {
    read();
  } catch (error) {
    if (error instanceof ZooError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('a safetensors header that costs far more than its size', () => {
  it.each([
    [
      'lists in lists',
      `{"a":${'['.repeat(15 * million)}${']'.repeat(15 * million)}}`,
      /nests lists or objects more than 3/,
    ],
    [
      'objects in objects',
      `${'{"a":'.repeat(5 * million)}1${'}'.repeat(5 * million)}`,
      /nests lists or objects more than 3/,
    ],
    ['ten million lists', `{"a":[${'[],'.repeat(10 * million)}[]]}`, /has more than \d+ lists and objects/],
    [
      'a million dimensions',
      `{"a":{"dtype":"F32","shape":[0${',1'.repeat(million)}],"data_offsets":[0,0]}}`,
      /1000001 dimensions/,
    ],
  ])('is refused at once: %s', (_, header, message) => {
    const file = rawFile(header);
    const { seconds, bytes } = costOf(() => {
      const error = refusal(() => parseSafetensors(file, { name: 'a.safetensors' }));
      expect(error.code).toBe('CORRUPT_FILE');
      expect(error.message).toMatch(message);
      expect(error.message).toMatch(/^a\.safetensors: /);
      expect(error.message.length).toBeLessThan(500);
    });
    expect(seconds).toBeLessThan(5);
    expect(bytes).toBeLessThan(10 * file.length + 20e6);
  });

  it('is read in time that grows with it: half a million empty tensors', () => {
    const entries = Array.from(
      { length: 500_000 },
      (_, i) => `"${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`,
    );
    const file = rawFile(`{${entries.join(',')}}`);
    const { seconds } = costOf(() => expect(parseSafetensors(file).tensors.size).toBe(500_000));
    expect(seconds).toBeLessThan(20);
  });

  it('is told by the begin of its names', () => {
    const name = 'x'.repeat(million);
    const header = { [name]: { dtype: 'F32', shape: [1], data_offsets: [0, 8] } };
    const { message } = refusal(() => parseSafetensors(rawFile(header, new Uint8Array(8)), { name: 'a' }));
    expect(message).toMatch(/^a: tensor 'x{100}\.\.\. \(1,000,000 characters\)' of shape \[1\]/);
  });
});

describe('metadata that names a net', () => {
  it('is refused at once where the name is a megabyte', () => {
    const registry = createRegistry();
    const { seconds } = costOf(() => {
      const record = readModelMetadata({ 'zoo.model': 'lenet'.repeat(200_000) })!;
      const { code, message } = refusal(() => registry.model(record.name));
      expect(code).toBe('UNKNOWN_NAME');
      expect(message.length).toBeLessThan(500);
    });
    expect(seconds).toBeLessThan(2);
  });

  it('is refused where its options nest without end', () => {
    const options = `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    const read = (): unknown => readModelMetadata({ 'zoo.model': 'lenet', 'zoo.options': options }, { name: 'a' });
    expect(refusal(read).message).toBe(`a: metadata 'zoo.options' of model 'lenet' is not a JSON object.`);
  });
});

describe('the index of a sharded file', () => {
  it('shows the begin of a long name', () => {
    const index = { weight_map: { ['w'.repeat(million)]: '../a.safetensors' } };
    const { message } = refusal(() => readShardIndex(index, 'a.index.json'));
    expect(message).toMatch(/^a\.index\.json: tensor 'w{100}\.\.\. \(1,000,000 characters\)' is in "\.\.\/a/);
  });
});

describe('a file that does not fit a net', () => {
  it('is told by a few of its names, and the begin of those', async () => {
    const net = new Sequential();
    const tensor: HostTensor = { dtype: 'float32', shape: [0], data: new Float32Array(0) };
    const state = new Map(Array.from({ length: 100 }, (_, i) => [`${i}${'n'.repeat(100_000)}`, tensor]));
    const error = (await loadInto(net, state).catch((e: unknown) => e)) as ZooError;
    expect(error.code).toBe('STATE_DICT_MISMATCH');
    expect(error.message).toMatch(/Unknown to the net \(100\):\n {4}0n{199}\.\.\. \(100,001 characters\)\n/);
    expect(error.message.length).toBeLessThan(4000);
  });

  it('tells twenty notices of any number', () => {
    const told: string[] = [];
    tellNotices(
      'a.pth',
      Array.from({ length: 5000 }, (_, i) => `${i}`),
      (notice) => void told.push(notice),
    );
    expect(told).toHaveLength(21);
    expect(told.at(-1)).toBe('a.pth: ... and 4980 more notices.');
  });
});
