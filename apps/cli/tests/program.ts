import { fileURLToPath } from 'node:url';

/** Node's arguments that run the program from source. */
export const program: readonly string[] = [
  '--import',
  import.meta.resolve('tsx'),
  '--conditions=@zoo/source',
  fileURLToPath(new URL('../src/bin.ts', import.meta.url)),
];
