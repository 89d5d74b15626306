import { describe, expect, it } from 'vitest';
import { permuteAxes, toFloat32 } from '../src/index.ts';

describe('host tensors', () => {
  it('reads half precisions', () => {
    const half = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7c00, 0x3555, 0x8000);
    expect([...toFloat32({ dtype: 'float16', shape: [6], data: half })]).toEqual([
      1,
      -2,
      2 ** -24,
      Infinity,
      0.333251953125,
      -0,
    ]);
    const bfloat = Uint16Array.of(0x3f80, 0xc040, 0x7f80);
    expect([...toFloat32({ dtype: 'bfloat16', shape: [3], data: bfloat })]).toEqual([1, -3, Infinity]);
    expect([...toFloat32({ dtype: 'int64', shape: [1], data: BigInt64Array.of(-7n) })]).toEqual([-7]);
  });

  it('permutes axes like a transpose', () => {
    const data = Float32Array.from({ length: 24 }, (_, i) => i); // [2, 3, 4]
    const out = permuteAxes(data, [2, 3, 4], [2, 0, 1]);
    for (let i = 0; i < 2; i++)
      for (let j = 0; j < 3; j++)
        for (let k = 0; k < 4; k++) expect(out[k * 6 + i * 3 + j]).toBe(data[i * 12 + j * 4 + k]);
    expect(permuteAxes(out, [4, 2, 3], [1, 2, 0])).toEqual(data);
    expect(permuteAxes(data, [24], [0])).toBe(data);
  });
});
