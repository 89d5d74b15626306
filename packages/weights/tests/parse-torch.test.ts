import { readFileSync } from 'node:fs';
import type { HostTensor, ZooErrorCode } from '@zoo/core';
import { describe, expect, it } from 'vitest';
import { parseTorch } from '../src/index.ts';
import { legacyFile, pickle } from './pickle-file.ts';
import { bits } from './raw-file.ts';

const fixture = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`./fixtures/${name}`, import.meta.url)));
const expected = JSON.parse(new TextDecoder().decode(fixture('torch-expected.json'))) as [
  string,
  { dtype: string; shape: number[]; bytes: string },
][];
const refused = (code: ZooErrorCode, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

/** The error of a call that must fail. */
function errorOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

describe('a state dict of torch.save', () => {
  it.each(['state-zip.pth', 'state-legacy.pth', 'state-protocol4.pth'])('comes out of %s value for value', (file) => {
    const { tensors, checkpoint, notices } = parseTorch(fixture(file), { name: file });
    expect([...tensors.keys()]).toEqual(expected.map(([name]) => name));
    for (const [name, { dtype, shape, bytes }] of expected) {
      const tensor = tensors.get(name)!;
      expect({ name, dtype: tensor.dtype, shape: tensor.shape }).toEqual({ name, dtype, shape });
      expect(Buffer.from(bits(tensor.data)).toString('hex')).toBe(bytes);
    }
    expect(checkpoint.size).toBe(0);
    expect(notices).toEqual([]);
    expect(({} as Record<string, unknown>)['0']).toBeUndefined();
  });

  it('is read at any alignment of the bytes', () => {
    const bytes = fixture('state-zip.pth');
    for (const shift of [1, 2, 4]) {
      const moved = new Uint8Array(bytes.length + shift);
      moved.set(bytes, shift);
      const { tensors } = parseTorch(moved.subarray(shift));
      for (const [name, { bytes: hex }] of expected) {
        expect(Buffer.from(bits(tensors.get(name)!.data)).toString('hex')).toBe(hex);
      }
    }
  });

  it('shares memory with the file where it can', () => {
    const bytes = fixture('state-zip.pth');
    expect(parseTorch(bytes).tensors.get('shared.part')!.data.buffer).toBe(bytes.buffer);
  });
});

describe('a file of Python 2 and an old PyTorch', () => {
  it('has byte strings, dicts made of pairs and tensors without gradients', () => {
    const { binint, global } = pickle;
    const word = (text: string): string => `U${String.fromCharCode(text.length)}${text}`;
    const storage = ['(', word('storage'), global('torch', 'FloatStorage'), word('0'), word('cpu'), binint(4), 'NtQ'];
    const size = ['(', binint(2), 't'];
    const tensor = [global('torch._utils', '_rebuild_tensor'), '(', ...storage, binint(1), ...size, '(K\x01t', 'tR'];
    const program = ['\x80\x02', global('collections', 'OrderedDict'), ']](', word('norm.1'), ...tensor, 'ea\x85R.'];
    const { tensors } = parseTorch(legacyFile(program, [[5, 6, 7, 8]]));
    expect(tensors).toEqual(new Map([['norm.1', { dtype: 'float32', shape: [2], data: Float32Array.of(6, 7) }]]));
  });
});

describe('a checkpoint', () => {
  it.each(['checkpoint-zip.pth', 'checkpoint-legacy.pth'])('%s gives its net and the rest as plain data', (file) => {
    const { tensors, checkpoint, notices } = parseTorch(fixture(file));
    expect([...tensors.keys()]).toEqual([
      '0.weight',
      '0.bias',
      '1.weight',
      '1.bias',
      '1.running_mean',
      '1.running_var',
      '1.num_batches_tracked',
    ]);
    expect(notices).toEqual([expect.stringMatching(/begins with 'module\.', from DataParallel/)]);
    expect(Object.fromEntries(checkpoint)).toMatchObject({
      epoch: 3,
      big: 2n ** 70n,
      negative: -1,
      loss: 0.25,
      arch: 'net',
      betas: [0.9, 0.999],
      raw: Uint8Array.of(0, 255),
      size: [2, 3],
    });
    expect(checkpoint.get('flags')).toEqual(
      new Map<string, unknown>([
        ['amp', false],
        ['resume', null],
        ['names', ['a', 'é']],
      ]),
    );
    const optimizer = checkpoint.get('optimizer') as Map<string, Map<number, Map<string, HostTensor>>>;
    expect(optimizer.get('state')!.get(0)!.get('momentum_buffer')).toMatchObject({ dtype: 'float32', shape: [3, 2] });
  });
});

describe('other files', () => {
  it.each([
    ['whole-model.pth', 'NOT_SUPPORTED', /refused global torch\.nn\.modules\.linear\.Linear.*state_dict\(\)/],
    ['list.pth', 'NOT_SUPPORTED', /list\.pth holds no dict, not a state dict/],
    ['complex.pth', 'NOT_SUPPORTED', /torch\.ComplexFloatStorage cannot be loaded/],
    ['torchscript.pt', 'NOT_SUPPORTED', /TorchScript/],
    ['all-dtypes.safetensors', 'CORRUPT_FILE', /not a file of torch\.save/],
  ] as const)('%s is refused with %s', (file, code, message) => {
    expect(errorOf(() => parseTorch(fixture(file), { name: file }))).toEqual(refused(code, message));
  });

  it('cut anywhere is refused, damaged data is found out', () => {
    for (const file of ['state-zip.pth', 'state-legacy.pth']) {
      const bytes = fixture(file);
      for (let length = 0; length < bytes.length; length += 7) {
        expect(errorOf(() => parseTorch(bytes.subarray(0, length)))).toEqual(refused('CORRUPT_FILE', /./));
      }
    }
    const bytes = fixture('state-zip.pth');
    const at = Buffer.from(bytes).indexOf(Buffer.from(expected[0]![1].bytes, 'hex'));
    bytes[at + 9]! ^= 1;
    expect(errorOf(() => parseTorch(bytes))).toEqual(refused('CORRUPT_FILE', /data\/0' in the archive is damaged/));
  });
});
