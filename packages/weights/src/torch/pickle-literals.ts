import type { ZooError } from '@zoo/core';
import type { ByteCursor } from './byte-cursor.ts';

type Fail = (message: string) => ZooError;

const maxIntegerBytes = 255;

const latin1 = (bytes: Uint8Array): string => {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
};

/** Two's complement, little-endian. */
function integer(bytes: Uint8Array): number | bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return compact(BigInt.asIntN(8 * bytes.length, value));
}

const compact = (value: bigint): number | bigint =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;

/** A whole number in decimal, as protocol 0 writes it. */
export function parseInteger(text: string, fail: Fail): number | bigint {
  if (!/^[+-]?\d{1,300}$/.test(text)) throw fail(`has the number '${text.slice(0, 40)}'`);
  return compact(BigInt(text.replace('+', '')));
}

/** What `readLiteral` returns for operations that are not literals. */
export const notLiteral = Symbol('not a literal');

/** The value of an operation that stands for itself: None, booleans, numbers, text and bytes. */
export function readLiteral(opcode: string, cursor: ByteCursor, fail: Fail): unknown {
  switch (opcode) {
    case 'N':
      return null;
    case '\x88':
      return true;
    case '\x89':
      return false;
    case 'I': {
      const text = cursor.line();
      return text === '00' ? false : text === '01' ? true : parseInteger(text, fail);
    }
    case 'L':
      return parseInteger(cursor.line().replace(/L$/, ''), fail);
    case 'J':
      return cursor.i32();
    case 'K':
      return cursor.u8();
    case 'M':
      return cursor.u16();
    case '\x8a':
      return integer(cursor.take(cursor.u8()));
    case '\x8b': {
      const length = cursor.u32();
      if (length > maxIntegerBytes) throw fail(`has an integer of ${length} bytes`);
      return integer(cursor.take(length));
    }
    case 'F': {
      const value = cursor.line();
      if (!/^[+-]?(\d|\.\d|inf|nan)[\d.e+-]*$/i.test(value)) throw fail('has a float that is no number');
      return Number(value.replace(/inf/i, 'Infinity'));
    }
    case 'G':
      return cursor.f64();

    case 'V':
      return cursor.line(100_000);
    case 'X':
      return cursor.utf8(cursor.u32());
    case '\x8c':
      return cursor.utf8(cursor.u8());
    case '\x8d':
      return cursor.utf8(cursor.u64());
    case 'T': // Python 2 text
      return latin1(cursor.take(cursor.u32()));
    case 'U':
      return latin1(cursor.take(cursor.u8()));
    case 'B':
      return cursor.take(cursor.u32());
    case 'C':
      return cursor.take(cursor.u8());
    case '\x8e':
      return cursor.take(cursor.u64());
    default:
      return notLiteral;
  }
}
