import { readFileSync } from 'node:fs';

// The same from src/ and from dist/.
const manifest = new URL('../package.json', import.meta.url);

/** This package's version. */
export const version = (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
