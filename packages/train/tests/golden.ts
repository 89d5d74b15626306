import { readFileSync } from 'node:fs';

/** A file of values that PyTorch computed. */
export const readGolden = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../../testing/fixtures/parity/${name}.json`, import.meta.url), 'utf8')) as T;
