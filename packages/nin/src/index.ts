export { ninBlock } from './blocks.ts';
export { NiN, type NiNOptions } from './nin.ts';
export { nin, ninFamily } from './variants.ts';
