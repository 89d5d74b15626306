// pnpm bench [GROUP ...] [options]; README.md tells how to read what it prints.
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { isZooError } from '@zoo/core';
import { allEngines, chosenEngines } from './suite/engines.ts';
import { root } from './suite/folders.ts';
import { casesOf, caseTitle } from './suite/groups.ts';
import { currentCommit, describeMachine } from './suite/machine.ts';
import { type BenchOptions, parseOptions } from './suite/options.ts';
import { type BenchmarkFile, type CaseResult, schemaVersion } from './suite/result.ts';
import { runCase } from './suite/run-case.ts';
import { formatCase, formatMachine, formatVersions } from './suite/table.ts';

/** Where the run is, on one line that the next one overwrites; nothing when nobody watches. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

async function runAll(options: BenchOptions): Promise<BenchmarkFile> {
  const loadAtStart = loadavg()[0]!;
  const date = new Date().toISOString();
  const { threads, workers, rounds, quick, images, pythons } = options;
  let engines = chosenEngines(allEngines(pythons), options.engines);
  console.log(formatMachine(describeMachine(loadAtStart), { threads, date }));
  const cases: CaseResult[] = [];
  const told = new Set<string>();
  for (const work of casesOf({ ...options, images })) {
    const result = await runCase(work, {
      options,
      engines,
      onProgress: (text) => progress(`${work.group} ${work.net}: ${text}`),
    });
    progress('');
    if (!result) {
      console.log(`\n${caseTitle(work)}\n  not run: none of the engines chosen takes part`);
      continue;
    }
    console.log(`\n${formatCase(result, { threads, told })}`);
    cases.push(result);
    engines = engines.map((engine) => {
      const row = result.rows.find(({ engine: name }) => name === engine.name);
      // What could not even start will not start for the next case either.
      return row?.missing && Object.keys(row.versions).length === 0 && work.group !== 'first'
        ? { ...engine, missing: row.missing }
        : engine;
    });
  }
  console.log(`\nVersions\n${formatVersions(cases)}`);
  const commit = currentCommit(root);
  return {
    schema: schemaVersion,
    date,
    ...(commit && { commit }),
    machine: describeMachine(loadAtStart),
    options: { threads, workers, rounds, quick },
    cases,
  };
}

try {
  const options = parseOptions(process.argv.slice(2));
  const file = await runAll(options);
  if (options.json) writeFileSync(options.json, `${JSON.stringify(file, null, 2)}\n`);
} catch (error) {
  if (!isZooError(error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
