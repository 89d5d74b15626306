import { shorten } from '@zoo/core';
import { type Document, isAlias, isMap, isScalar, isSeq, type Node } from 'yaml';

/** Most values of an experiment once each alias stands for a copy of what it names. */
const maxValues = 100_000;

/** Something wrong at an offset of the text. */
export interface Wrong {
  offset: number;
  text: string;
}

const offsetOf = (node: unknown): number => (node as { range?: readonly number[] | null } | null)?.range?.[0] ?? 0;

/**
 * What a document's anchors, aliases and keys get wrong, the first of it: aliases of nothing, or of what they lie in, or of
 * so much that a text of a few lines would stand for billions of values; keys that are lists, or there twice. The document
 * must not nest too deep to be walked.
 */
export function wrongReference(document: Document): Wrong | undefined {
  const sizes = new Map<string, number | undefined>(); // of anchors; undefined while inside
  let wrong: Wrong | undefined;
  const refuse = (node: unknown, text: string): number => {
    wrong ??= { offset: offsetOf(node), text };
    return 0;
  };

  const sizeOfAlias = (node: Node & { source: string }): number => {
    const source = shorten(node.source);
    const size = sizes.get(node.source);
    if (size !== undefined) return size;
    if (sizes.has(node.source)) return refuse(node, `'*${source}' stands inside of '&${source}', which it names.`);
    const hint = 'A text that begins with * needs quotes.';
    return refuse(node, `there is no anchor '&${source}' for '*${source}'. ${hint}`);
  };

  const sizeOfParts = (node: Node): number => {
    let size = 1;
    const add = (part: unknown): void => {
      if (wrong) return;
      size += sizeOf(part);
      if (size > maxValues) {
        refuse(part, `with its aliases the file has over ${maxValues.toLocaleString('en-US')} values.`);
      }
    };
    if (isSeq(node)) for (const item of node.items) add(item);
    if (isMap(node)) {
      const keys = new Set<unknown>();
      for (const { key, value } of node.items) {
        if (!isScalar(key)) refuse(key ?? node, 'a key is a list or an alias: keys are texts.');
        else if (keys.has(key.value)) refuse(key, `the key '${shorten(String(key.value))}' is there twice.`);
        else keys.add(key.value);
        add(key);
        add(value);
      }
    }
    return size;
  };

  const sizeOf = (node: unknown): number => {
    if (wrong || typeof node !== 'object' || node === null) return 1;
    if (isAlias(node)) return sizeOfAlias(node);
    const { anchor } = node as { anchor?: string };
    if (anchor !== undefined) sizes.set(anchor, undefined);
    const size = sizeOfParts(node as Node);
    if (anchor !== undefined) sizes.set(anchor, size);
    return size;
  };

  sizeOf(document.contents);
  return wrong;
}
