/** What `JSON.parse` hides: the first key that an object has twice, and the outermost keys as the text orders them. */
export interface JsonKeys {
  duplicate: string | undefined;
  outermost: string[];
}

const [quote, comma, backslash] = [0x22, 0x2c, 0x5c];
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

const closingQuote = (json: string, open: number): number => {
  let end = open + 1;
  for (let code = json.charCodeAt(end); code !== quote; code = json.charCodeAt(end)) end += code === backslash ? 2 : 1;
  return end;
};

/** Few keys have escapes, and parsing each would take most of the time. */
function keyOf(literal: string): string {
  return literal.includes('\\') ? JSON.parse(literal) : literal.slice(1, -1);
}

/** The keys of one object. Most have three, for which a Set each would take most of the time. */
class Keys {
  readonly #few: string[] = [];
  #many: Set<string> | undefined;

  /** False when the key was there. */
  add(key: string): boolean {
    if (this.#many?.has(key) ?? this.#few.includes(key)) return false;
    if (!this.#many && this.#few.push(key) > 16) this.#many = new Set(this.#few);
    this.#many?.add(key);
    return true;
  }
}

/**
 * Collects the keys of `json`, which `JSON.parse` must have accepted before: the scan trusts its syntax.
 * Objects of JavaScript move keys such as "0" to the front and keep the last of two equal keys without a word.
 */
export function scanJsonKeys(json: string): JsonKeys {
  const outermost: string[] = [];
  const open: (Keys | undefined)[] = []; // the keys of an object, undefined for an array
  let duplicate: string | undefined;
  let expectKey = false;
  for (let i = 0; i < json.length; i++) {
    const code = json.charCodeAt(i);
    if (code === openObject || code === openList) {
      open.push(code === openObject ? new Keys() : undefined);
      expectKey = code === openObject;
    } else if (code === closeObject || code === closeList) {
      open.pop();
      expectKey = false;
    } else if (code === comma) {
      expectKey = open.at(-1) !== undefined;
    } else if (code === quote) {
      const end = closingQuote(json, i);
      if (expectKey) {
        const key = keyOf(json.slice(i, end + 1));
        if (!open.at(-1)!.add(key)) duplicate ??= key;
        if (open.length === 1) outermost.push(key);
        expectKey = false;
      }
      i = end;
    }
  }
  return { duplicate, outermost };
}
