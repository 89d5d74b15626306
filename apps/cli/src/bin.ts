#!/usr/bin/env node
import { processIo, watchOutput } from './io.ts';
import { run } from './run.ts';

watchOutput();
process.exitCode = await run(process.argv.slice(2), { ...processIo(), startedAt: 0 });
