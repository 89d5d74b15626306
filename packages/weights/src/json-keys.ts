/** What `JSON.parse` hides: the first key that an object has twice, and the outermost keys as the text orders them. */
export interface JsonKeys {
  duplicate: string | undefined;
  outermost: string[];
}

const closingQuote = (json: string, open: number): number => {
  let i = open + 1;
  while (json[i] !== '"') i += json[i] === '\\' ? 2 : 1;
  return i;
};

/**
 * Collects the keys of `json`, which `JSON.parse` must have accepted before: the scan trusts its syntax.
 * Objects of JavaScript move keys such as "0" to the front and keep the last of two equal keys without a word.
 */
export function scanJsonKeys(json: string): JsonKeys {
  const outermost: string[] = [];
  const open: (Set<string> | undefined)[] = []; // a set of keys per object, undefined per array
  let duplicate: string | undefined;
  let expectKey = false;
  for (let i = 0; i < json.length; i++) {
    const c = json[i];
    if (c === '{' || c === '[') {
      open.push(c === '{' ? new Set() : undefined);
      expectKey = c === '{';
    } else if (c === '}' || c === ']') {
      open.pop();
      expectKey = false;
    } else if (c === ',') {
      expectKey = open.at(-1) !== undefined;
    } else if (c === '"') {
      const end = closingQuote(json, i);
      if (expectKey) {
        const key: string = JSON.parse(json.slice(i, end + 1));
        const keys = open.at(-1)!;
        if (keys.has(key)) duplicate ??= key;
        keys.add(key);
        if (open.length === 1) outermost.push(key);
        expectKey = false;
      }
      i = end;
    }
  }
  return { duplicate, outermost };
}
