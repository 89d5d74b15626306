export { decodeSource } from './decode-source.ts';
export { sourcesFingerprint } from './fingerprint.ts';
export { createPool } from './pool.ts';
