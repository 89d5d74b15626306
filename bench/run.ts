// pnpm bench [GROUP ...] [options]; README.md tells how to read what it prints.
import { existsSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { dirname, resolve } from 'node:path';
import { isZooError, ZooError } from '@zoo/core';
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

/** The cases one after the other; `onCase` hears of each, so that an interrupted run loses only the one it was at. */
async function runAll(options: BenchOptions, onCase: (file: BenchmarkFile) => void): Promise<void> {
  const loadAtStart = loadavg()[0]!;
  const date = new Date().toISOString();
  const { threads, workers, rounds, quick, pythons } = options;
  const commit = currentCommit(root);
  const file = (cases: readonly CaseResult[]): BenchmarkFile => ({
    schema: schemaVersion,
    date,
    ...(commit && { commit }),
    machine: describeMachine(loadAtStart),
    options: { threads, workers, rounds, quick },
    cases,
  });
  const work = casesOf(options);
  let engines = chosenEngines(allEngines(pythons), options.engines);
  console.log(formatMachine(describeMachine(loadAtStart), { threads, date }));
  const cases: CaseResult[] = [];
  const told = new Set<string>();
  for (const next of work) {
    const onProgress = (text: string) => progress(`${next.group} ${next.net}: ${text}`);
    const result = await runCase(next, { options, engines, onProgress });
    progress('');
    if (!result) {
      console.log(`\n${caseTitle(next)}\n  not run: none of the engines chosen takes part`);
      continue;
    }
    console.log(`\n${formatCase(result, { threads, told })}`);
    cases.push(result);
    onCase(file(cases));
    engines = engines.map((engine) => {
      const row = result.rows.find(({ engine: name }) => name === engine.name);
      return row?.cannotStart ? { ...engine, missing: row.missing! } : engine;
    });
  }
  console.log(`\nVersions\n${formatVersions(cases)}`);
}

/** Refuses a file that could not be written before an hour is spent, rather than after. */
function checkJsonPath(path: string | undefined): void {
  if (path === undefined || existsSync(dirname(resolve(path)))) return;
  throw new ZooError('FILE_NOT_FOUND', `--json ${path}: there is no folder ${dirname(resolve(path))}.`);
}

try {
  const options = parseOptions(process.argv.slice(2));
  const { json } = options;
  checkJsonPath(json);
  await runAll(options, (file) => {
    if (json) writeFileSync(json, `${JSON.stringify(file, null, 2)}\n`);
  });
} catch (error) {
  if (!isZooError(error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
