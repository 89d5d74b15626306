import { ZooError } from '@zoo/core';
import { describe, expect, it } from 'vitest';
import { storedZip } from '../../../tooling/fuzz/zip-file.ts';
import { parseTorch } from '../src/index.ts';
import { costOf } from './cost.ts';
import { legacyFile, pickle } from './pickle-file.ts';

const { binint, global, proto, stop, text, tuple } = pickle;
type Program = readonly (string | Uint8Array)[];

const bytesOf = (program: Program): Uint8Array =>
  Buffer.concat(program.map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)));

function tensor(storage: number, length: number, shape = [length], strides = [1]): Program {
  const type = global('torch', 'FloatStorage');
  const id = ['(', text('storage'), type, text(`${storage}`), text('cpu'), binint(length), 'tQ'];
  const sizes = [binint(0), ...tuple(shape.map(binint)), ...tuple(strides.map(binint))];
  return [global('torch._utils', '_rebuild_tensor_v2'), '(', ...id, ...sizes, '\x89N', 't', 'R'];
}

const stateDict = (tensors: readonly Program[]): Program => [
  proto,
  '}',
  ...tensors.flatMap((value, i) => [text(`w${i}`), ...value, 's']),
  stop,
];

const times = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));

const archive = (program: Program, storages: readonly { data: Uint8Array; sameAs?: string }[], order = 'little') =>
  storedZip([
    { name: 'a/data.pkl', data: bytesOf(program) },
    { name: 'a/byteorder', data: new TextEncoder().encode(order) },
    ...storages.map((storage, i) => ({ name: `a/data/${i}`, ...storage })),
  ]);

function refusal(bytes: Uint8Array): ZooError {
  try {
    parseTorch(bytes, { name: 'a.pth' });
  } catch (error) {
    if (error instanceof ZooError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

const length = 2 ** 20;
const ramp = Float32Array.from({ length }, (_, i) => i);
const body = new Uint8Array(ramp.buffer);
const bigEndian = new Uint8Array(body.length);
for (let i = 0; i < body.length; i++) bigEndian[i] = body[i ^ 3]!;

describe('an archive of PyTorch', () => {
  it.each(['little', 'big'])('whose files share one body is refused before any is read (%s-endian)', (order) => {
    const storages = times(256, (i) => ({ data: body, ...(i > 0 && { sameAs: 'a/data/0' }) }));
    const file = archive(stateDict(times(256, (i) => tensor(i, length))), storages, order);
    expect(file.length).toBeLessThan(5e6);
    const { seconds, bytes } = costOf(() => {
      const { code, message } = refusal(file);
      expect(code).toBe('CORRUPT_FILE');
      expect(message).toBe("a.pth: 'a/data/1' in the archive overlaps another file, which no program writes.");
    });
    expect(seconds).toBeLessThan(2);
    expect(bytes).toBeLessThan(20e6);
  });

  it('whose file lies over another or the directory is refused', () => {
    const file = archive(stateDict([tensor(0, 2)]), [{ data: body.subarray(0, 8) }]);
    const view = new DataView(file.buffer);
    const at = file.length - 22;
    let entry = view.getUint32(at + 16, true); // the directory's first entry: data.pkl
    const longer = file.slice();
    new DataView(longer.buffer).setUint32(entry + 20, view.getUint32(entry + 20, true) + 1, true);
    expect(refusal(longer).message).toMatch(/'a\/byteorder' in the archive overlaps another file/);
    for (let i = 0; i < 2; i++) entry += 46 + view.getUint16(entry + 28, true); // the last one: data/0
    const last = file.slice();
    new DataView(last.buffer).setUint32(entry + 20, 9, true);
    expect(refusal(last).message).toMatch(/'a\/data\/0' in the archive reaches into the archive's directory/);
  });

  it.each([
    ['little', body],
    ['big', bigEndian],
  ] as const)('gives all tensors of a storage the same bytes (%s-endian)', (order, data) => {
    const program = stateDict([...times(500, () => tensor(0, length)), tensor(0, length, [2, 3], [1, 2])]);
    const file = archive(program, [{ data }], order);
    let tensors = new Map<string, { data: ArrayLike<number> & ArrayBufferView }>();
    const { seconds, bytes } = costOf(() => {
      tensors = parseTorch(file).tensors as unknown as typeof tensors;
    });
    const [first, ...rest] = [...tensors.values()];
    expect([...tensors.values()].slice(0, 500).every(({ data: { buffer } }) => buffer === first!.data.buffer)).toBe(
      true,
    );
    expect([0, 1, length - 1].map((i) => first!.data[i])).toEqual([0, 1, length - 1]);
    expect([...(rest.at(-1)!.data as Float32Array)]).toEqual([0, 2, 4, 1, 3, 5]);
    expect(seconds).toBeLessThan(5);
    expect(bytes).toBeLessThan(4 * file.length);
  });
});

describe('the legacy format', () => {
  it('copies an unaligned storage once, however many tensors look at it', () => {
    const values = times(100_000, (i) => i);
    const program = (shift: string): Program => [
      ...stateDict(times(400, () => tensor(0, values.length))).slice(0, -1),
      text(shift),
      'Ns',
      stop,
    ];
    // One of these lies unaligned.
    for (const shift of ['', 'x', 'xx', 'xxx']) {
      const file = legacyFile(program(shift), [values]);
      const { bytes } = costOf(() => {
        const [first, ...rest] = [...parseTorch(file).tensors.values()];
        expect((first!.data as Float32Array)[99_999]).toBe(99_999);
        expect(rest.every(({ data }) => data.buffer === first!.data.buffer)).toBe(true);
      });
      expect(bytes).toBeLessThan(40e6);
    }
  });

  it('of a million lists inside each other is refused', () => {
    const deep = legacyFile([proto, ']'.repeat(1_000_000), 'a'.repeat(999_999), stop]);
    const { bytes } = costOf(() =>
      expect(refusal(deep).message).toMatch(/makes more objects than any weight file needs/),
    );
    expect(bytes).toBeLessThan(150e6);
  });
});
