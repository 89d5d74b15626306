import type { Rng } from '@zoo/core';
import { type Files, fromUtf8, utf8 } from './target.ts';

const interesting = [0, 1, 0x0a, 0x22, 0x2c, 0x2e, 0x28, 0x52, 0x63, 0x71, 0x7f, 0x80, 0x8a, 0x93, 0xff];

function splice(bytes: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array {
  const result = new Uint8Array(bytes.length - removed + added.length);
  result.set(bytes.subarray(0, at));
  result.set(added, at);
  result.set(bytes.subarray(at + removed), at + added.length);
  return result;
}

/** A copy with one to six changes: bytes, large numbers, pieces cut out, doubled, moved or taken from `other`. */
export function mutateBytes(bytes: Uint8Array, other: Uint8Array, rng: Rng): Uint8Array {
  let result = new Uint8Array(bytes);
  // Half of them keep every byte in its place, so that an archive's directory stays right and its content is reached.
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
        result = new Uint8Array(splice(result, at, length, new Uint8Array(0)));
        break;
      case 5:
        result = new Uint8Array(splice(result, at, 0, result.slice(at, at + length)));
        break;
      default:
        result = new Uint8Array(splice(result, at, 0, other.slice(from, from + length)));
    }
    if (result.length < 2) return bytes.slice(0, 2);
  }
  return rng.int(20) === 0 ? result.slice(0, rng.int(result.length)) : result;
}

/** One of the files changed, by bytes. */
export function mutateFiles(files: Files, other: Files, rng: Rng): Files {
  const names = Object.keys(files);
  const name = names[rng.int(names.length)]!;
  const donor = other[name] ?? files[name]!;
  return { ...files, [name]: mutateBytes(files[name]!, donor, rng) };
}

const strange: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  0.5,
  1e308,
  2 ** 53,
  '',
  'a',
  [],
  {},
  [[]],
  '__proto__',
  '../x',
];

/** Every place of a JSON value: the container and the key in it. */
function* places(value: unknown): Generator<[Record<string, unknown>, string]> {
  if (typeof value !== 'object' || value === null) return;
  for (const key of Object.keys(value)) {
    yield [value as Record<string, unknown>, key];
    yield* places((value as Record<string, unknown>)[key]);
  }
}

/** JSON text with one to three values replaced by strange ones, left out, or put under another key. */
export function mutateJson(bytes: Uint8Array, rng: Rng): Uint8Array {
  const value: unknown = JSON.parse(fromUtf8(bytes));
  for (let n = 1 + rng.int(3); n > 0; n--) {
    const all = [...places(value)];
    if (all.length === 0) break;
    const [container, key] = all[rng.int(all.length)]!;
    switch (rng.int(4)) {
      case 0:
        delete container[key];
        break;
      case 1:
        container[`${key}x`] = container[key];
        delete container[key];
        break;
      case 2: {
        const [from, other] = all[rng.int(all.length)]!;
        container[key] = structuredClone(from[other]);
        break;
      }
      default:
        container[key] = structuredClone(strange[rng.int(strange.length)]);
    }
  }
  return utf8(JSON.stringify(value));
}
