/** Text is taken byte by byte, so that opcodes can be written as characters. */
const bytesOf = (piece: string | Uint8Array): Uint8Array =>
  typeof piece === 'string' ? Uint8Array.from(piece, (c) => c.charCodeAt(0)) : piece;

const concat = (pieces: readonly (string | Uint8Array)[]): Uint8Array =>
  new Uint8Array(Buffer.concat(pieces.map(bytesOf)));

function littleEndian(value: number | bigint, size: number): string {
  let rest = BigInt.asUintN(8 * size, BigInt(value));
  let text = '';
  for (let i = 0; i < size; i++, rest >>= 8n) text += String.fromCharCode(Number(rest & 255n));
  return text;
}

/** Operations of pickles, to write one by hand. */
export const pickle = {
  proto: '\x80\x02',
  stop: '.',
  global: (module: string, attribute: string): string => `c${module}\n${attribute}\n`,
  text: (value: string): Uint8Array => {
    const bytes = new TextEncoder().encode(value);
    return concat(['X', littleEndian(bytes.length, 4), bytes]);
  },
  binint: (value: number): string => `\x8a\x08${littleEndian(value, 8)}`,
  tuple: (items: readonly (string | Uint8Array)[]): (string | Uint8Array)[] => ['(', ...items, 't'],
  /** Calls `callee` with one argument. */
  call: (callee: string | Uint8Array, argument: string | Uint8Array): (string | Uint8Array)[] => [
    callee,
    argument,
    '\x85R',
  ],
};

/** A file in the legacy format whose object is `program`, with float32 storages named 0, 1, ... */
export function legacyFile(program: readonly (string | Uint8Array)[], storages: readonly number[][] = []): Uint8Array {
  const magic = '\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.';
  const keys = ['\x80\x02](', ...storages.map((_, i) => pickle.text(`${i}`)), 'e.'];
  const data = storages.flatMap((values) => [
    littleEndian(values.length, 8),
    new Uint8Array(Float32Array.from(values).buffer),
  ]);
  return concat([magic, '\x80\x02M\xe9\x03.', '\x80\x02}.', ...program, ...keys, ...data]);
}
