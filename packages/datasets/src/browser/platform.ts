export { decodeSource } from './decode-source.ts';
export { createPool } from './pool.ts';
