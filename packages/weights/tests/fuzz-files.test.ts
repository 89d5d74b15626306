import { readFileSync } from 'node:fs';
import { createRng, isZooError, numElements, type Rng } from '@zoo/core';
import { describe, expect, it } from 'vitest';
import { parseSafetensors, parseTorch } from '../src/index.ts';

/** Mutations of all files together; `ZOO_FUZZ_RUNS` raises it. The seed is fixed, so that a failure comes back. */
const runs = Number(process.env['ZOO_FUZZ_RUNS'] ?? 10_000);

const load = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(`./fixtures/${name}`, import.meta.url)));

const interesting = [0, 1, 0x2e, 0x28, 0x52, 0x63, 0x71, 0x7f, 0x80, 0x8a, 0x93, 0xff];

function splice(bytes: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(bytes.length - removed + added.length);
  result.set(bytes.subarray(0, at));
  result.set(added, at);
  result.set(bytes.subarray(at + removed), at + added.length);
  return result;
}

/** A copy with one to six changes: bytes, large numbers, pieces cut out, doubled, moved or taken from another file. */
function mutate(bytes: Uint8Array, other: Uint8Array, rng: Rng): Uint8Array {
  let result: Uint8Array<ArrayBuffer> = new Uint8Array(bytes);
  // Half of them keep every byte in its place, so that an archive's directory stays right and its pickle is reached.
  const kinds = rng.int(2) === 0 ? 4 : 7;
  for (let n = 1 + Math.min(rng.int(6), rng.int(6)); n > 0; n--) {
    const at = rng.int(result.length);
    const length = Math.min(1 + rng.int(40), result.length - at);
    const from = rng.int(other.length);
    switch (rng.int(kinds)) {
      case 0:
        result[at] = rng.int(256);
        break;
      case 1:
        result[at]! ^= 1 << rng.int(8);
        break;
      case 2:
        result[at] = interesting[rng.int(interesting.length)]!;
        break;
      case 3:
        result.fill(0xff, at, at + Math.min(length, 8));
        break;
      case 4:
        result = splice(result, at, length, new Uint8Array(0));
        break;
      case 5:
        result = splice(result, at, 0, result.slice(at, at + length));
        break;
      default:
        result = splice(result, at, 0, other.slice(from, from + length));
    }
    if (result.length < 2) return bytes.slice(0, 2);
  }
  return rng.int(20) === 0 ? result.slice(0, rng.int(result.length)) : result;
}

/** Replaces the checksums by the ones that the mutated content has, so that mutations reach what lies behind them. */
function withoutChecksums(zip: Uint8Array): Uint8Array {
  const view = new DataView(zip.buffer);
  for (let at = 0; at + 46 < zip.length; at++) {
    if (view.getUint32(at, true) === 0x02014b50) view.setUint32(at + 16, 0, true);
  }
  return zip;
}

const torchFiles = [
  withoutChecksums(load('state-zip.pth')),
  withoutChecksums(load('checkpoint-zip.pth')),
  withoutChecksums(load('state-protocol4.pth')),
  load('state-legacy.pth'),
  load('checkpoint-legacy.pth'),
  load('whole-model.pth'),
];
const safetensors = [load('all-dtypes.safetensors')];

interface Tally {
  loaded: number;
  refused: number;
}

/** Loads mutation after mutation. Anything thrown but a ZooError, and any tensor that is not what it says, fails. */
function fuzz(
  files: readonly Uint8Array[],
  count: number,
  seed: number,
  parse: typeof parseSafetensors | typeof parseTorch,
): Tally {
  const rng = createRng(seed);
  const tally = { loaded: 0, refused: 0 };
  for (let run = 0; run < count; run++) {
    const bytes = mutate(files[run % files.length]!, files[rng.int(files.length)]!, rng);
    try {
      const { tensors } = parse(bytes, { name: 'mutated' });
      let copied = 0;
      for (const { shape, data } of tensors.values()) {
        expect(data.length).toBe(numElements(shape));
        if (data.buffer !== bytes.buffer) copied += data.byteLength;
      }
      expect(copied).toBeLessThanOrEqual(64 * 2 ** 20 + 4 * bytes.length);
      tally.loaded++;
    } catch (error) {
      if (!isZooError(error)) throw new Error(`Run ${run} of seed ${seed}`, { cause: error });
      expect(error.message).toMatch(/^mutated/);
      expect(error.message.length).toBeLessThan(4000);
      tally.refused++;
    }
  }
  return tally;
}

describe('mutated files load or are refused', () => {
  const before = Object.getOwnPropertyNames(Object.prototype).sort();

  it.each([
    ['of PyTorch', torchFiles, parseTorch, Math.ceil(0.7 * runs), 1],
    ['of safetensors', safetensors, parseSafetensors, Math.ceil(0.3 * runs), 2],
  ] as const)('%s', { timeout: 600_000 }, (_, files, parse, count, seed) => {
    const { loaded, refused } = fuzz(files, count, seed, parse);
    expect(loaded + refused).toBe(count);
    expect(loaded).toBeGreaterThan(count / 20);
    expect(refused).toBeGreaterThan(count / 10);
    expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(before);
    expect(Object.keys(Array.prototype)).toEqual([]);
  });
});
