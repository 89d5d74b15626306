#!/usr/bin/env node
import { processIo } from './io.ts';
import { run } from './run.ts';

// A reader such as `head` may leave before everything is printed; a training goes on all the same.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

process.exitCode = await run(process.argv.slice(2), { ...processIo(), startedAt: 0 });
