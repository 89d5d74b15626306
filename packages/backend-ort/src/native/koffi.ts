import { createRequire } from 'node:module';
import type Koffi from 'koffi';

const require = createRequire(import.meta.url);

/** What makes functions of C callable. Throws where it is not installed or has no binary for this machine. */
export const loadKoffi = (): typeof Koffi => require('koffi') as typeof Koffi;

/** For another thread, which has to load it again. */
export const koffiPath = (): string => require.resolve('koffi');
