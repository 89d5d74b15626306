import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { numElements } from '@zoo/core';
import { serializeSafetensors } from '@zoo/weights';
import { loadWeights } from '@zoo/weights/node';
import { legacyFile, pickle } from '../../../packages/weights/tests/pickle-file.ts';
import { rawFile } from '../../../packages/weights/tests/raw-file.ts';
import { mutateJson } from '../mutate.ts';
import { type FuzzTarget, megabyte, utf8 } from '../target.ts';
import { nested, repeated } from '../text.ts';
import { storedZip } from '../zip-file.ts';

const fixture = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../../packages/weights/tests/fixtures/${name}`, import.meta.url)));

async function load(path: string): Promise<void> {
  for (const [name, { shape, data }] of await loadWeights(path)) {
    if (data.length !== numElements(shape)) throw new Error(`'${name}' has ${data.length} values of [${shape}]`);
  }
}

const zeros = (name: string, length: number): Uint8Array =>
  serializeSafetensors(new Map([[name, { dtype: 'float32', shape: [length], data: new Float32Array(length) }]]));

/** A good file of some megabytes in tensors of one number each, as hostile ones claim to be. */
function manyTensors(count: number): Uint8Array {
  const tensor = (i: number) => ({ dtype: 'float32', shape: [1], data: Float32Array.of(i) }) as const;
  return serializeSafetensors(new Map(Array.from({ length: count }, (_, i) => [`layer${i}.weight`, tensor(i)])));
}

const model = 'model.safetensors';

export const safetensors: FuzzTarget = {
  name: 'safetensors',
  share: 15,
  samples: async () => [{ [model]: fixture('all-dtypes.safetensors') }],
  read: (folder) => load(join(folder, model)),
  hostile() {
    const case_ = (kind: string, header: string, like: Uint8Array = zeros('weight', Math.ceil(header.length / 4))) => ({
      kind,
      files: { [model]: rawFile(header) },
      like: { [model]: like },
    });
    const empty = (i: number) => `"t${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`;
    return [
      case_('deep nesting', `{"a":${nested('[', ']', 4 * megabyte)}}`),
      case_('deep nesting of objects', `{"a":${nested('{"a":', '}', megabyte, '1')}}`),
      case_('many small arrays', `{"a":[${repeated('[[]],', 6 * megabyte)}[]]}`),
      case_('many empty tensors', `{${Array.from({ length: 200_000 }, (_, i) => empty(i))}}`, manyTensors(100_000)),
      case_('a very long name', `{"${repeated('n', 8 * megabyte)}":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`),
      case_('a very long model name', `{"__metadata__":{"zoo.model":"${repeated('n', megabyte)}"}}`),
      case_('many dimensions', `{"a":{"dtype":"F32","shape":[${repeated('1,', 4 * megabyte)}1],"data_offsets":[0,4]}}`),
      case_('a header that claims more than there is', '{"a":{"dtype":"F32","shape":[1e15],"data_offsets":[0,4e15]}}'),
    ];
  },
};

/** Replaces the checksums by the ones that changed content has, so that mutations reach what lies behind them. */
function withoutChecksums(zip: Uint8Array): Uint8Array {
  const view = new DataView(zip.buffer);
  for (let at = 0; at + 46 < zip.length; at++) {
    if (view.getUint32(at, true) === 0x02014b50) view.setUint32(at + 16, 0, true);
  }
  return zip;
}

const checkpoint = 'model.pth';
const { binint, global, proto, stop, text, tuple } = pickle;
type Program = readonly (string | Uint8Array)[];

const bytesOf = (program: Program): Uint8Array =>
  Buffer.concat(program.map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)));

function tensor(storage: string, length: number): Program {
  const id = ['(', text('storage'), global('torch', 'FloatStorage'), text(storage), text('cpu'), binint(length), 'tQ'];
  const sizes = [binint(0), ...tuple([binint(length)]), ...tuple([binint(1)])];
  return [global('torch._utils', '_rebuild_tensor_v2'), '(', ...id, ...sizes, '\x89N', 't', 'R'];
}

const stateDict = (tensors: Iterable<readonly [string, Program]>): Program => [
  proto,
  '}',
  ...[...tensors].flatMap(([key, value]) => [text(key), ...value, 's']),
  stop,
];

/** A zip of PyTorch whose storages, by name, lie where `share` says that the first one lies. */
function torchZip(program: Program, storages: readonly Uint8Array[], { order = 'little', share = false } = {}) {
  return storedZip([
    { name: 'archive/data.pkl', data: bytesOf(program) },
    { name: 'archive/byteorder', data: utf8(order) },
    ...storages.map((data, i) => ({
      name: `archive/data/${i}`,
      data,
      ...(share && i > 0 && { sameAs: 'archive/data/0' }),
    })),
  ]);
}

const floats = (length: number): Uint8Array => new Uint8Array(4 * length);
const count = (n: number) => Array.from({ length: n }, (_, i) => i);

export const torch: FuzzTarget = {
  name: 'torch',
  share: 25,
  samples: async () =>
    [
      withoutChecksums(fixture('state-zip.pth')),
      withoutChecksums(fixture('checkpoint-zip.pth')),
      withoutChecksums(fixture('state-protocol4.pth')),
      fixture('state-legacy.pth'),
      fixture('checkpoint-legacy.pth'),
    ].map((bytes) => ({ [checkpoint]: bytes })),
  read: (folder) => load(join(folder, checkpoint)),
  hostile() {
    const body = floats(megabyte);
    const good = (length: number) => torchZip(stateDict([['w', tensor('0', length)]]), [floats(length)]);
    const case_ = (kind: string, bytes: Uint8Array) => ({
      kind,
      files: { [checkpoint]: bytes },
      like: { [checkpoint]: good(Math.ceil(bytes.length / 4)) },
    });
    const sharing = (order: string) =>
      torchZip(
        stateDict(count(256).map((i) => [`w${i}`, tensor(`${i}`, megabyte)] as const)),
        count(256).map(() => body),
        { order, share: true },
      );
    const views = torchZip(stateDict(count(256).map((i) => [`w${i}`, tensor('0', megabyte)] as const)), [body], {
      order: 'big',
    });
    const laughs = [
      ...[proto, '}', text('w'), ']q\x00'],
      ...count(60).map((i) => `](${`h${String.fromCharCode(i)}`.repeat(9)}eq${String.fromCharCode(i + 1)}`),
      ...['s', stop],
    ];
    return [
      case_('storages that share one body', sharing('little')),
      case_('storages that share one body, big-endian', sharing('big')),
      case_('tensors that share one storage, big-endian', views),
      case_('deep nesting', legacyFile([proto, repeated(']', megabyte), repeated('a', megabyte - 1), stop])),
      case_('lists of lists of the same lists', legacyFile(laughs)),
      case_('many marks', legacyFile([proto, repeated('(', 4 * megabyte), stop])),
      case_('many entries in the memo', legacyFile([proto, 'N', repeated('q\x00', 4 * megabyte), stop])),
      case_('a very long name', legacyFile([proto, text(repeated('n', 4 * megabyte)), stop])),
      case_('a very long global', legacyFile([proto, global(repeated('n', 4 * megabyte), 'x'), stop])),
      case_('many tiny entries', storedZip(count(60_000).map((i) => ({ name: `archive/data/${i}`, data: floats(0) })))),
      case_(
        'very long entry names',
        storedZip(count(60).map((i) => ({ name: repeated(`${i}n`, 65_000), data: body.subarray(0, 4) }))),
      ),
      case_(
        'a storage that claims more than there is',
        torchZip(stateDict([['w', tensor('0', 2 ** 48)]]), [floats(4)]),
      ),
    ];
  },
};

const index = 'model.safetensors.index.json';

export const shards: FuzzTarget = {
  name: 'shard index',
  share: 5,
  samples: async () => [
    {
      [index]: utf8(
        JSON.stringify({ metadata: { total_size: 16 }, weight_map: { a: 'one.safetensors', b: 'two.safetensors' } }),
      ),
      'one.safetensors': zeros('a', 2),
      'two.safetensors': zeros('b', 2),
    },
  ],
  read: (folder) => load(join(folder, index)),
  mutate: (files, rng) => ({ ...files, [index]: mutateJson(files[index]!, rng) }),
  hostile() {
    const case_ = (kind: string, json: string) => ({ kind, files: { [index]: utf8(json) } });
    return [
      case_('deep nesting', nested('[', ']', 4 * megabyte)),
      case_('deep nesting inside', `{"weight_map":${nested('{"a":', '}', megabyte, '1')}}`),
      case_('many small arrays', `{"metadata":[${repeated('[[]],', 4 * megabyte)}[]]}`),
      case_('a very long name', `{"weight_map":{"a":"${repeated('n', 4 * megabyte)}"}}`),
      case_('many files', `{"weight_map":{${count(50_000).map((i) => `"t${i}":"s${i}.safetensors"`)}}}`),
    ];
  },
};
