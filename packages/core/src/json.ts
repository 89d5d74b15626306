import { ZooError } from './error.ts';
import { shorten } from './shorten.ts';

export interface JsonOptions {
  /** Stands for the file in errors. */
  name: string;
  /** Most bytes, or characters of a text; 64 Mi unless given. */
  maxLength?: number;
  /** Most lists and objects inside each other; 64 unless given. */
  maxDepth?: number;
  /** Most lists and objects in all, each of which takes far more memory than text; 1,000,000 unless given. */
  maxContainers?: number;
  /** What to do with a file that is refused; ends every message. */
  hint?: string;
  /** As of `JSON.parse`. */
  reviver?: (key: string, value: unknown) => unknown;
}

const quote = 0x22;
const backslash = 0x5c;
const isOpening = (code: number): boolean => code === 0x5b || code === 0x7b;
const isClosing = (code: number): boolean => code === 0x5d || code === 0x7d;

const endOfString = (json: string, open: number): number => {
  let i = open + 1;
  for (; i < json.length; i++) {
    const code = json.charCodeAt(i);
    if (code === quote) break;
    if (code === backslash) i++;
  }
  return i;
};

/** What is too much in `json`, if anything; looks at brackets alone and allocates nothing. */
function tooMuch(json: string, maxDepth: number, maxContainers: number): string | undefined {
  let depth = 0;
  let containers = 0;
  for (let i = 0; i < json.length; i++) {
    const code = json.charCodeAt(i);
    if (code === quote) i = endOfString(json, i);
    else if (isOpening(code)) {
      if (++depth > maxDepth) return `nests lists or objects more than ${maxDepth} deep`;
      if (++containers > maxContainers) return `has more than ${maxContainers} lists and objects`;
    } else if (isClosing(code)) depth--;
  }
  return undefined;
}

/**
 * Parses JSON that came from outside, in time and memory that its length bounds: `JSON.parse` alone makes 50 bytes of one,
 * and what it nests without end breaks whoever walks it. Throws `CORRUPT_FILE` naming the file.
 */
export function parseJson(source: string | Uint8Array, options: JsonOptions): unknown {
  const { name, maxLength = 2 ** 26, maxDepth = 64, maxContainers = 1_000_000, hint, reviver } = options;
  const fail = (message: string, cause?: unknown): ZooError =>
    new ZooError('CORRUPT_FILE', `${name} ${message}${hint === undefined ? '' : ` ${hint}`}`, { cause });
  if (source.length > maxLength) throw fail(`has ${source.length} bytes of JSON, more than the limit of ${maxLength}.`);
  let text: string;
  try {
    text = typeof source === 'string' ? source : new TextDecoder('utf-8', { fatal: true }).decode(source);
  } catch (cause) {
    throw fail('is not JSON: it is no text in UTF-8.', cause);
  }
  const excess = tooMuch(text, maxDepth, maxContainers);
  if (excess !== undefined) throw fail(`${excess}, which no file of this kind does.`);
  try {
    return JSON.parse(text, reviver);
  } catch (cause) {
    throw fail(`is not JSON: ${shorten((cause as Error).message, 200)}.`, cause);
  }
}
