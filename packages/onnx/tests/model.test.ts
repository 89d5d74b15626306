import { describe, expect, it } from 'vitest';
import { decodeModel, encodeModel, type OnnxModel } from '../src/index.ts';

const model: OnnxModel = {
  irVersion: 8,
  opsets: { '': 17, 'com.microsoft': 1 },
  producer: 'zoo',
  metadata: { categories: 'Kätzchen,dog' },
  graph: {
    name: 'net',
    inputs: [{ name: 'x', type: 'float32', shape: ['batch', 3] }],
    outputs: [{ name: 'y', type: 'bool', shape: [] }],
    initializers: new Map([
      ['w', { type: 'float32', shape: [2, 3], data: Float32Array.of(1, -2.5, 1e-40, Infinity, 0, -0) }],
      ['i', { type: 'int64', shape: [3], data: BigInt64Array.of(-1n, 2n ** 40n, -(2n ** 31n)) }],
      ['b', { type: 'bool', shape: [2], data: Uint8Array.of(1, 0) }],
      ['large', { type: 'int32', shape: [200], data: Int32Array.from({ length: 200 }, (_, i) => i - 100) }],
    ]),
    nodes: [
      {
        opType: 'Made',
        domain: 'com.microsoft',
        name: 'first',
        inputs: ['x', '', 'w'],
        outputs: ['y'],
        attributes: {
          axis: -1,
          large: 2 ** 40,
          list: [0, -1, 300],
          none: [],
          slope: { float: 0.5 },
          slopes: { floats: [0.25, -1] },
          mode: 'linear',
          value: { tensor: { type: 'int32', shape: [1], data: Int32Array.of(7) } },
        },
      },
    ],
  },
};

describe('encodeModel and decodeModel', () => {
  it('reads what Node reads from a file', () => {
    // A Buffer's slice shares its memory, so that a constant would begin where its file begins.
    expect(decodeModel(Buffer.from(encodeModel(model)))).toEqual(model);
  });

  it('are inverse to each other', () => {
    expect(decodeModel(encodeModel(model))).toEqual(model);
  });

  it('write the documented bytes', () => {
    const empty = { ...model.graph, nodes: [], inputs: [], outputs: [], initializers: new Map() };
    const bytes = encodeModel({ irVersion: 300, opsets: { '': 17 }, producer: 'z', graph: empty });
    // ir_version 300, producer 'z', graph { name 'net' }, opset { domain '', version 17 }
    expect([...bytes]).toEqual([8, 172, 2, 18, 1, 122, 58, 5, 18, 3, 110, 101, 116, 66, 4, 10, 0, 16, 17]);
  });

  it('refuse a file that is cut short', () => {
    const bytes = encodeModel(model);
    expect(() => decodeModel(bytes.subarray(0, bytes.length - 30))).toThrow(/complete/);
    expect(() => decodeModel(new Uint8Array())).toThrow(/no graph/);
  });
});
