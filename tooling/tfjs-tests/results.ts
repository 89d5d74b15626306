import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One spec of tfjs-core; namesakes after the first carry `#2`, `#3`, ... */
export interface SpecResult {
  name: string;
  status: 'passed' | 'failed' | 'skipped';
  messages: string[];
}

/** What the unmodified tfjs backend does, committed as `stock/BACKEND.json`. */
export interface Baseline {
  passed: number;
  skipped: number;
  failed: string[];
}

/** The failures that are left and why, committed as `expected/BACKEND.json`: reason to spec names. */
export type Expected = Record<string, string[]>;

const here = dirname(fileURLToPath(import.meta.url));

const baselineFile = (backend: string): string => join(here, 'stock', `${backend}.json`);
const expectedFile = (backend: string): string => join(here, 'expected', `${backend}.json`);

const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
const write = (file: string, value: unknown): void => writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);

export const readBaseline = (backend: string): Baseline => read(baselineFile(backend)) as Baseline;
export const writeBaseline = (backend: string, baseline: Baseline): void => write(baselineFile(backend), baseline);

export const readExpected = (backend: string): Expected =>
  existsSync(expectedFile(backend)) ? (read(expectedFile(backend)) as Expected) : {};
export const writeExpected = (backend: string, expected: Expected): void => write(expectedFile(backend), expected);

export function toBaseline(results: readonly SpecResult[]): Baseline {
  const names = (status: SpecResult['status']) => results.filter((r) => r.status === status).map((r) => r.name);
  return { passed: names('passed').length, skipped: names('skipped').length, failed: names('failed').sort() };
}
