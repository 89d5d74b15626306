import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { encodeModel, programGraph, toModel } from '@zoo/onnx';
import { describe, expect, it } from 'vitest';
import { loadCApi } from '../src/native/c-api.ts';
import { cRuntime } from '../src/native/c-runtime.ts';
import { findInstallation } from '../src/native/installation.ts';
import { locateIn } from '../src/native/locate.ts';
import type { Native } from '../src/native/native.ts';
import { nodeBinding } from '../src/native/node-binding.ts';
import { failureOf } from '../src/probe/provider.ts';
import { splitModel } from '../src/sessions/shared-constants.ts';

const installation = findInstallation()!;
const { library } = installation;
const direct = cRuntime(loadCApi(library!));
const ways: Array<[string, Native]> = [
  ['the C interface', direct],
  ["onnxruntime-node's addon", nodeBinding(installation)],
];

const options = { providers: ['cpu'], threads: 1, arena: true, optimization: 'all' } as const;

/** x + y and x > y, of two numbers each. */
const compile = (native: Native) => {
  const inputs = { a: { leaf: 0 }, b: { leaf: 1 } };
  const graph = programGraph({
    leaves: ['x', 'y'].map((name) => ({ name, type: 'float32' as const, shape: [2] })),
    calls: ['Add', 'Greater'].map((kernelName) => ({ kernelName, inputs, attrs: {} })),
    outputs: ['sum', 'greater'].map((name, call) => ({ name, value: { call, result: 0 } })),
  });
  const model = encodeModel(toModel(graph));
  return native.compile({ model, inputs: ['x', 'y'], outputs: ['sum', 'greater'] }, options);
};

describe.each(ways)('ONNX Runtime through %s', (_, native) => {
  it('reads and writes the memory of the tensors, also parts of arrays', () => {
    const session = compile(native);
    const memory = new Float32Array(new ArrayBuffer(32));
    const greater = new Uint8Array(new ArrayBuffer(2));
    const inputs = [0, 2].map((at) => new native.Tensor('float32', memory.subarray(at, at + 2), [2]));
    const outputs = [new native.Tensor('float32', memory.subarray(5, 7), [2]), new native.Tensor('bool', greater, [2])];
    memory.set([1, 2, 30, -40]);
    session.run(inputs, outputs);
    expect([...memory]).toEqual([1, 2, 30, -40, 0, 31, -38, 0]);
    expect([...greater]).toEqual([0, 1]);
    memory.set([100], 0);
    session.run(inputs, outputs);
    expect([...memory.subarray(5, 7)]).toEqual([130, -38]);
    expect([...greater]).toEqual([1, 1]);
    session.dispose();
  });

  it("throws ONNX Runtime's own words, and goes on", () => {
    const session = compile(native);
    const two = new native.Tensor('float32', Float32Array.of(1, 2), [2]);
    const three = new native.Tensor('float32', Float32Array.of(1, 2, 3), [3]);
    const outputs = [
      new native.Tensor('float32', new Float32Array(2), [2]),
      new native.Tensor('bool', new Uint8Array(2), [2]),
    ];
    expect(() => session.run([two, three], outputs)).toThrow(/invalid dimensions for input: y/);
    session.run([two, two], outputs);
    expect([...outputs[0]!.data]).toEqual([2, 4]);
    session.dispose();
    const broken = { model: Uint8Array.of(1, 2, 3), inputs: [], outputs: [] };
    expect(() => native.compile(broken, options)).toThrow(/protobuf|model/i);
  });
});

describe('large constants', () => {
  it('stay out of the model, and are read where they lie', () => {
    const data = Float32Array.from({ length: 5000 }, (_, i) => i);
    const graph = programGraph({
      leaves: [
        { name: 'x', type: 'float32', shape: [1] },
        { name: 'c', type: 'float32', shape: [5000], constant: { type: 'float32', shape: [5000], data } },
        { name: 's', type: 'float32', shape: [1], constant: { type: 'float32', shape: [1], data: Float32Array.of(2) } },
      ],
      calls: [
        { kernelName: 'Multiply', inputs: { a: { leaf: 1 }, b: { leaf: 2 } }, attrs: {} },
        { kernelName: 'Add', inputs: { a: { leaf: 0 }, b: { call: 0, result: 0 } }, attrs: {} },
      ],
      outputs: [{ name: 'y', value: { call: 1, result: 0 } }],
    });
    const { model, constants } = splitModel(graph);
    expect([...constants]).toEqual([['c', { type: 'float32', shape: [5000], data }]]);
    expect(model.byteLength).toBeLessThan(1000);
    const session = direct.compile({ model, constants, inputs: ['x'], outputs: ['y'] }, options);
    const y = new Float32Array(5000);
    const x = new direct.Tensor('float32', Float32Array.of(10), [1]);
    session.run([x], [new direct.Tensor('float32', y, [5000])]);
    expect(y.every((value, i) => value === 10 + 2 * i)).toBe(true);
    session.dispose();
  });
});

describe('the native library', () => {
  it('stays loaded when garbage is collected', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const session = compile(direct);
    collect();
    collect();
    const tensor = () => new direct.Tensor('float32', Float32Array.of(1, 2), [2]);
    const sum = tensor();
    session.run([tensor(), tensor()], [sum, new direct.Tensor('bool', new Uint8Array(2), [2])]);
    expect([...sum.data]).toEqual([2, 4]);
    session.dispose();
    expect(failureOf(direct, 'cpu')).toBeUndefined();
  });

  it('says what is missing', () => {
    const missing = { ...installation, library: undefined };
    expect(locateIn(undefined, 'cpu')).toMatchObject({
      reason: 'onnxruntime-node is not installed beside @zoo/backend-ort',
    });
    expect(locateIn(missing, 'cpu')).toMatchObject({ reason: expect.stringMatching(/has no binary for/) });
  });

  it('is called through the addon where the C interface cannot be, in the versions that are known', () => {
    const unreadable = { ...installation, library: import.meta.filename };
    const found = locateIn(unreadable, 'cpu');
    expect(found).toMatchObject({ native: { label: 'onnxruntime-node 1.30.0' } });
    expect(found).toMatchObject({ lacks: expect.stringMatching(/^the C interface cannot be called \(.+\)$/) });
    expect(locateIn({ ...unreadable, version: '1.22.0' }, 'cpu')).toMatchObject({
      reason: expect.stringMatching(
        /^onnxruntime-node is 1\.22\.0; its addon is known to work in 1\.30\.0; the C interf/,
      ),
    });
  });
});
