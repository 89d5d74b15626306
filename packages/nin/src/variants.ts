import { definePlugin, seeded } from '@zoo/core';
import { NiN, type NiNOptions } from './nin.ts';

/** Network in network, for one channel and ten classes by default. */
export const nin = (options: NiNOptions = {}): NiN => seeded(options.seed, () => new NiN(options));

/** The family as a plug-in: `createRegistry().use(ninFamily).create('nin')`. */
export const ninFamily = definePlugin({ name: '@zoo/nin', models: { nin } });
