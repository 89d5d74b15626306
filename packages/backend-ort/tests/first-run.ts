/** A program of a user's own: prints 2 x 3, by the way that its first argument names. The others are there to be many. */
import { Worker } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import { ortBackend } from '../src/index.ts';
import { findInstallation } from '../src/native/installation.ts';
import { nodeBinding } from '../src/native/node-binding.ts';
import { failureOf } from '../src/probe/provider.ts';

const multiply = async (background: boolean): Promise<void> => {
  await ortBackend({ threads: 1, background }).init();
  console.log((await tf.mul([2], [3]).data())[0]);
};

/** This program once more, in a thread, where TypeScript has to be taught anew. */
const inWorker = (way: string): Worker => {
  const [tsx, program] = [import.meta.resolve('tsx/esm/api'), import.meta.url].map((url) => JSON.stringify(url));
  const script = `import(${tsx}).then(({ register }) => { register(); return import(${program}); })`;
  return new Worker(script, { eval: true, argv: [way] });
};

const ways: Record<string, () => unknown> = {
  backend: () => multiply(false),
  background: () => multiply(true),
  addon: () => console.log(failureOf(nodeBinding(findInstallation()!), 'cpu') ?? 6),
  worker: () => inWorker('backend'),
  'worker-addon': () => inWorker('addon'),
};

await ways[process.argv[2]!]!();
