import { readFileSync } from 'node:fs';
import { isZooError } from '@zoo/core';
import { describe, expect, it } from 'vitest';
import { parseTorch } from '../src/index.ts';
import { legacyFile, pickle } from './pickle-file.ts';

const { binint, call, global, proto, stop, text, tuple } = pickle;

/** The message of the refusal; anything but a ZooError fails the test. */
function refusal(program: readonly (string | Uint8Array)[], storages: number[][] = []): string {
  try {
    parseTorch(legacyFile(program, storages), { name: 'evil.pth' });
  } catch (error) {
    if (!isZooError(error)) throw error;
    return error.message;
  }
  throw new Error('it was not refused');
}

const storage = (length: number, type = 'FloatStorage'): (string | Uint8Array)[] => [
  '(',
  text('storage'),
  global('torch', type),
  text('0'),
  text('cpu'),
  binint(length),
  'N',
  'tQ',
];

const tensor = (length: number, offset: number, shape: number[], strides: number[]): (string | Uint8Array)[] => [
  global('torch._utils', '_rebuild_tensor_v2'),
  '(',
  ...storage(length),
  binint(offset),
  ...tuple(shape.map(binint)),
  ...tuple(strides.map(binint)),
  '\x89N',
  't',
  'R',
];

const stateDict = (value: readonly (string | Uint8Array)[]): (string | Uint8Array)[] => [
  proto,
  '}',
  text('w'),
  ...value,
  's',
  stop,
];

describe('a pickle that wants code to run', () => {
  it.each([
    ['posix', 'system'],
    ['builtins', 'eval'],
    ['builtins', 'getattr'],
    ['__builtin__', 'exec'],
    ['subprocess', 'Popen'],
    ['torch', 'load'],
    ['torch.storage', '_load_from_bytes'],
    ['numpy.core.multiarray', '_reconstruct'],
    ['collections', 'OrderedDict.__init__'],
    ['constructor', 'constructor'],
    ['__proto__', '__proto__'],
  ])('is refused by the name of %s.%s', (module, attribute) => {
    const message = `evil.pth: refused global ${module}.${attribute}. `;
    expect(refusal([proto, ...call(global(module, attribute), text('echo hacked')), stop])).toContain(message);
    const stacked = [proto, text(module), text(attribute), '\x93', stop];
    expect(refusal(stacked)).toContain(message);
  });

  it('is refused for operations that reach classes another way', () => {
    for (const opcode of ['i', 'o', '\x92', '\x82', '\x83', '\x84', '\x97', '\x98', '\x96', 'S']) {
      expect(refusal([proto, 'N', opcode, 'os\nsystem\n', stop])).toMatch(/has the operation 0x/);
    }
  });

  it('gets no call through data, types or storages', () => {
    expect(refusal([proto, ...call(text('eval'), text('1')), stop])).toMatch(/calls something that is not a function/);
    expect(refusal([proto, ...call(global('torch', 'FloatStorage'), binint(9)), stop])).toMatch(/only names a type/);
    expect(refusal([proto, ']', '}', 'b', stop])).toMatch(/sets attributes of something that is not a dict/);
  });
});

describe('a pickle that wants prototypes', () => {
  it('only gets keys of a Map', () => {
    const file = legacyFile(
      [
        proto,
        '}(',
        text('__proto__'),
        '}',
        text('polluted'),
        '\x88s',
        text('constructor'),
        text('x'),
        text('w'),
        ...tensor(1, 0, [1], [1]),
        'u',
        stop,
      ],
      [[7]],
    );
    const { tensors, checkpoint } = parseTorch(file);
    expect([...tensors.keys()]).toEqual(['w']);
    expect([...checkpoint.keys()]).toEqual(['__proto__', 'constructor']);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe('a pickle that claims too much', () => {
  it.each([
    ['more elements than the storage', tensor(4, 0, [5], [1]), /reaches element 4 of storage '0', which has 4/],
    ['an offset past the end', tensor(4, 4, [1], [1]), /reaches element 4/],
    ['strides past the end', tensor(4, 0, [2, 2], [3, 1]), /reaches element 4/],
    ['a negative stride', tensor(4, 3, [2], [-1]), /strides are no sizes/],
    ['a negative shape', tensor(4, 0, [-2], [1]), /strides are no sizes/],
    ['more strides than axes', tensor(4, 0, [2], [1, 1]), /strides are no sizes/],
    ['an impossible size', tensor(4, 0, [2 ** 30, 2 ** 30], [0, 0]), /impossible shape|far more memory/],
    ['a tensor that repeats one number', tensor(1, 0, [2 ** 30], [0]), /take far more memory than the file/],
  ])('is refused for %s', (name, program, message) => {
    const storages = [name === 'a tensor that repeats one number' ? [1] : [1, 2, 3, 4]];
    expect(refusal(stateDict(program), storages)).toMatch(message);
  });

  it('is refused for storages that the file does not have', () => {
    expect(refusal(stateDict(tensor(2 ** 31 - 1, 0, [1], [1])), [[1]])).toMatch(/elements is not one|data ends/);
    expect(refusal(stateDict(tensor(1, 0, [1], [1])), [])).toMatch(/storage '0' is missing/);
    expect(refusal([proto, text('x'), 'Q', stop])).toMatch(/not that of a storage/);
    expect(refusal([proto, 'Px\n', stop])).toMatch(/not that of a storage/);
  });

  it.each([
    ['a text longer than the file', [proto, 'X\xff\xff\xff\x7f', stop], /2147483647 bytes are expected/],
    ['a text of 2^60 bytes', [proto, '\x8d\0\0\0\0\0\0\0\x10', stop], /claims a size of/],
    ['an integer of a million bytes', [proto, '\x8b\x40\x42\x0f\0', stop], /an integer of 1000000 bytes/],
    ['an empty stack', [proto, '0', stop], /takes more values than it has/],
    ['a list never opened', [proto, 't', stop], /closes a list that it did not open/],
    ['a value never stored', [proto, 'h\x07', stop], /recalls value 7/],
    ['values left over', [proto, 'NN', stop], /values left over/],
    ['text that is not UTF-8', [proto, 'X\x02\0\0\0\xff\xfe', stop], /not UTF-8/],
    ['no end', [proto, 'N'], /./],
    ['a later protocol', ['\x80\x06N', stop], /protocol later than 5/],
  ])('is refused for %s', (_, program, message) => {
    expect(refusal(program)).toMatch(message);
  });

  it('is refused when it copies one list again and again', () => {
    const long = [proto, ']q\0(', 'N'.repeat(10_000), 'e0'];
    const copies = 'h\0\x85R0'; // set(list)
    const program = [...long, global('builtins', 'set'), 'q\x01', ...Array(5000).fill(`h\x01${copies}`), stop];
    expect(refusal(program)).toMatch(/makes more objects than any weight file needs/);
  });

  it.each(['N', ']', '}', '\x8f', '(d', '(t'])('is refused when it makes millions of objects by %j', (opcodes) => {
    const program = [proto, opcodes.repeat(6_000_000), stop];
    expect(refusal(program)).toMatch(/makes more objects than any weight file needs/);
  });

  it('may nest as deep as it likes', () => {
    const depth = 200_000;
    const nested = [proto, '}', text('w'), ...tensor(1, 0, [1], [1]), 's', text('deep')];
    const file = legacyFile([...nested, ']'.repeat(depth), 'a'.repeat(depth - 1), 's', stop], [[1]]);
    expect(parseTorch(file).tensors.size).toBe(1);
    const deepKey = [proto, '}', ']'.repeat(depth), 'a'.repeat(depth - 1), 'Ns', stop];
    expect(refusal(deepKey)).toMatch(/a dict with the keys an object, not a state dict/);
  });
});

describe('an archive', () => {
  const bytes = new Uint8Array(readFileSync(new URL('./fixtures/state-zip.pth', import.meta.url)));
  const edited = (edit: (view: DataView, end: number) => void): string => {
    const copy = bytes.slice();
    edit(new DataView(copy.buffer), copy.length - 22);
    try {
      parseTorch(copy, { name: 'evil.pth' });
    } catch (error) {
      if (!isZooError(error)) throw error;
      return error.message;
    }
    return 'loaded';
  };

  it('is refused when its directory lies', () => {
    expect(edited(() => {})).toBe('loaded');
    expect(edited((view, end) => view.setUint32(end + 16, 0xfffffff0, true))).toMatch(/data ends at/);
    expect(edited((view, end) => view.setUint32(end + 12, 0x7fffffff, true))).toMatch(/data ends at/);
    expect(edited((view, end) => view.setUint16(end + 10, 0xfffe, true))).toMatch(
      /data ends at|begins no archive entry/,
    );
    expect(edited((view, end) => view.setUint32(end, 0, true))).toMatch(/no end record/);
  });
});
