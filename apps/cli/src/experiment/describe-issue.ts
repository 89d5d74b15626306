import { nearest, shorten } from '@zoo/core';
import { type Document, isMap, isScalar, type LineCounter } from 'yaml';
import type { z } from 'zod';
import { knownKeys } from './known-keys.ts';

type Path = readonly PropertyKey[];

/** Something wrong in a file. */
export interface Problem {
  line: number;
  text: string;
}

/** A file as it was parsed, and the schema it is held to. */
export interface ParsedFile {
  document: Document;
  lines: LineCounter;
  /** The document as plain data. */
  data: unknown;
  schema: z.ZodType;
}

const pathText = (path: Path): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');

const startOf = (node: unknown): number | undefined => (node as { range?: readonly number[] } | undefined)?.range?.[0];

/** The line of the value at `path`, or of the nearest thing around it that the file has. */
function lineOf({ document, lines }: ParsedFile, path: Path): number {
  for (let length = path.length; length >= 0; length--) {
    const start = startOf(length === 0 ? document.contents : document.getIn(path.slice(0, length), true));
    if (start !== undefined) return lines.linePos(start).line;
  }
  return 1;
}

/** The line of a key, where the key itself is what is wrong. */
function lineOfKey(file: ParsedFile, path: Path, key: string): number {
  const owner = path.length === 0 ? file.document.contents : file.document.getIn(path, true);
  const pair = isMap(owner) ? owner.items.find((item) => isScalar(item.key) && item.key.value === key) : undefined;
  const start = startOf(pair?.key);
  return start === undefined ? lineOf(file, path) : file.lines.linePos(start).line;
}

/** What stands at `path`; a name or number that stands for an object is itself what stands there. */
function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const key of path) {
    if (value === undefined || value === null || typeof value !== 'object') return value;
    const alone = typeof key === 'number' && !Array.isArray(value); // stands for a list of itself
    if (!alone) value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return 'it is missing';
  const text = JSON.stringify(value);
  return `got ${text.length > 60 ? `${text.slice(0, 57)}...` : text}`;
}

/** What zod found wrong, `most` of it, with its line, its path in the file, what belongs there and what stands there. */
export function describeIssue(issue: z.core.$ZodIssue, file: ParsedFile, most: number): Problem[] {
  const { path } = issue;
  const place = path.length === 0 ? '' : `${shorten(pathText(path), 300)}: `;
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(file.schema, path, file.data);
    return issue.keys.slice(0, most).map((key) => {
      const suggestion = nearest(key, known);
      const hint = suggestion ? `Did you mean '${suggestion}'? ` : '';
      const text = `${place}there is no '${shorten(key)}' here. ${hint}Known: ${known.join(', ')}.`;
      return { line: lineOfKey(file, path, key), text };
    });
  }
  const end = issue.message.endsWith('?') ? '' : ';';
  const text = `${place}takes ${issue.message}${end} ${shown(valueAt(file.data, path))}.`;
  return [{ line: lineOf(file, path), text }];
}
