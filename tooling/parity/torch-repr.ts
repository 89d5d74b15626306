import { ZooError } from '@zoo/core';

export type ReprValue = number | boolean | string | ReprValue[] | undefined;

/** `Conv2d(3, 4, kernel_size=(3, 3), bias=False)` taken apart. */
export interface TorchRepr {
  name: string;
  args: ReprValue[];
  kwargs: Record<string, ReprValue>;
}

function parseValue(text: string): ReprValue {
  const trimmed = text.trim();
  if (trimmed === 'True') return true;
  if (trimmed === 'False') return false;
  if (trimmed === 'None') return undefined;
  if (trimmed.startsWith('(')) return splitTopLevel(trimmed.slice(1, -1)).map(parseValue);
  if (trimmed.startsWith("'")) return trimmed.slice(1, -1);
  return Number(trimmed);
}

/** Splits at commas that are not inside parentheses. */
function splitTopLevel(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let current = '';
  for (const char of text) {
    if (char === '(') depth++;
    if (char === ')') depth--;
    if (char === ',' && depth === 0) {
      parts.push(current);
      current = '';
    } else current += char;
  }
  if (current.trim()) parts.push(current);
  return parts;
}

/** Parses the `repr` of a PyTorch layer, as golden files keep it. */
export function parseRepr(repr: string): TorchRepr {
  const match = /^(\w+)\((.*)\)$/s.exec(repr);
  if (!match) throw new ZooError('CORRUPT_FILE', `'${repr}' is not the repr of a PyTorch layer.`);
  const parsed: TorchRepr = { name: match[1]!, args: [], kwargs: {} };
  for (const part of splitTopLevel(match[2]!)) {
    const named = /^\s*(\w+)=(.*)$/s.exec(part);
    if (named) parsed.kwargs[named[1]!] = parseValue(named[2]!);
    else parsed.args.push(parseValue(part));
  }
  return parsed;
}
