import { Lexer } from 'yaml';
import type { Wrong } from './references.ts';

/** Deeper than any experiment, and far less than what the parser's recursion takes. */
const maxDepth = 200;
const maxTokens = 200_000;

/** What the lexer puts in by itself: the begin of a document, of a scalar, the end of a list. */
const marks = new Set(['\x02', '\x18', '\x1f']);
const isBlank = (token: string): boolean => /^[\s#]/.test(token);

/**
 * Where a YAML text is too much for the parser, if it is: it has too many parts, or they nest too deep. An upper bound of
 * the depth is looked at, from the text's tokens: open brackets, columns of indentation, and the `-` and `?` on one line.
 */
export function tooMuch(text: string): Wrong | undefined {
  let offset = 0;
  let tokens = 0;
  let brackets = 0;
  let line = 0;
  for (const token of new Lexer().lex(text)) {
    if (marks.has(token)) continue;
    if (token === '[' || token === '{') brackets++;
    else if (token === ']' || token === '}') brackets = Math.max(0, brackets - 1);
    else if (token === '-' || token === '?') line++;
    else if (token === '\n' || token === '\r\n') line = 0;
    else if (token[0] === ' ' && line === 0) line = token.length;
    if (brackets + line > maxDepth) return { offset, text: 'lists or mappings nest deeper than in any experiment.' };
    if (!isBlank(token) && ++tokens > maxTokens)
      return { offset, text: 'the file has more values than any experiment.' };
    offset += token.length;
  }
  return undefined;
}
