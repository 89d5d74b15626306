import type { CliIo } from '../io.ts';

/** What a terminal obeys instead of showing: control characters, and those that turn the direction of text. */
const obeyed = /\p{Cc}|\p{Bidi_Control}|\u2028|\u2029/gu;

function escaped(character: string): string {
  const code = character.codePointAt(0)!;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/**
 * Text as a terminal may have it: names from files can hold sequences that move the cursor, recolour what follows or pose as
 * other text; they are shown as escapes, `\x1b`. Line breaks and tabs are kept.
 */
export const printable = (text: string): string =>
  text.replace(obeyed, (character) => (character === '\n' || character === '\t' ? character : escaped(character)));

/** As `printable`, in one line: for names inside of tables and lines. */
export const printableLine = (text: string): string => text.replace(obeyed, escaped);

/** JSON that any terminal may have, with the same content: what `JSON.stringify` leaves is escaped too. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(obeyed, (character) => {
    return character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** The same surroundings, whose output is printable. */
export const printableIo = (io: CliIo): CliIo => ({
  ...io,
  out: (text) => io.out(printable(text)),
  err: (text) => io.err(printable(text)),
});
