// What needs no engine: worker threads import this entry, so that they do not load tfjs-core.
export { isZooError, refuseUnknown, unknownName, ZooError, type ZooErrorCode } from './error.ts';
export { nameKey } from './name-key.ts';
export { createRng, currentRng, type Rng, type RngState } from './rng.ts';
