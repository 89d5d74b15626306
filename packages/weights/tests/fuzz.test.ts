import { readFileSync } from 'node:fs';
import { isZooError } from '@zoo/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSafetensors } from '../src/index.ts';
import { rawFile } from './raw-file.ts';

const fixture = new Uint8Array(readFileSync(new URL('./fixtures/all-dtypes.safetensors', import.meta.url)));
const headerLength = Number(new DataView(fixture.buffer).getBigUint64(0, true));
const header = new TextDecoder().decode(fixture.subarray(8, 8 + headerLength));
const body = fixture.subarray(8 + headerLength);

/** Whether the file loads. Anything thrown but a ZooError, and any tensor that does not fit its shape, fails the test. */
function loads(bytes: Uint8Array): boolean {
  try {
    for (const { shape, data } of parseSafetensors(bytes).tensors.values()) {
      expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
      expect(data.byteOffset + data.byteLength).toBeLessThanOrEqual(data.buffer.byteLength);
    }
    return true;
  } catch (error) {
    if (!isZooError(error)) throw error;
    return false;
  }
}

describe('a damaged file loads or is refused, never worse', () => {
  it('with any bytes replaced', () => {
    const edit = fc.tuple(fc.nat(headerLength + 16), fc.nat(255));
    const seen = new Set<boolean>();
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        const bytes = fixture.slice();
        for (const [at, value] of edits) bytes[at] = value;
        seen.add(loads(bytes));
      }),
      { numRuns: 4000 },
    );
    expect(seen).toContain(false);
  });

  it('cut at every length', () => {
    for (let length = 0; length < fixture.length; length++) expect(loads(fixture.subarray(0, length))).toBe(false);
    expect(loads(fixture)).toBe(true);
  });

  it('with pieces of the header moved, doubled or dropped', () => {
    const span = fc.tuple(fc.nat(header.length), fc.nat(60), fc.nat(header.length));
    fc.assert(
      fc.property(span, ([from, length, to]) => {
        loads(rawFile(header.slice(0, to) + header.slice(from, from + length) + header.slice(to), body));
        loads(rawFile(header.slice(0, from) + header.slice(from + length), body));
      }),
      { numRuns: 2000 },
    );
  });

  it('with numbers of the header replaced', () => {
    const number = fc.oneof(
      fc.integer(),
      fc.double({ noNaN: true }),
      fc.maxSafeInteger(),
      fc.constantFrom(2 ** 53, 1e308, -0),
    );
    const places = [...header.matchAll(/\d+(?=[,\]])/g)];
    fc.assert(
      fc.property(fc.nat(places.length - 1), number, (i, value) => {
        const { index, 0: digits } = places[i]!;
        loads(rawFile(header.slice(0, index) + JSON.stringify(value) + header.slice(index + digits.length), body));
      }),
      { numRuns: 2000 },
    );
  });

  it('made of any JSON', () => {
    fc.assert(
      fc.property(fc.json(), (json) => void loads(rawFile(json, body))),
      { numRuns: 2000 },
    );
    expect(loads(rawFile(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`))).toBe(false);
  });
});
