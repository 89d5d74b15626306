import { readFile } from 'node:fs/promises';
import { ZooError } from '@zoo/core';
import { LineCounter, parseDocument, visit } from 'yaml';
import { describeIssue, type Problem } from './describe-issue.ts';
import { type Experiment, experimentSchema } from './schema.ts';

/** An experiment and the text it was read from. */
export interface ExperimentFile {
  /** Absolute. */
  path: string;
  text: string;
  experiment: Experiment;
}

/** How many errors of syntax are told. */
const shownErrors = 3;

/**
 * Reads the text of an experiment, YAML or JSON. Throws `INVALID_CONFIG` that names the file and, for everything that is
 * wrong, the line, the place in the file, what belongs there and what stands there.
 */
export function parseExperiment(text: string, path: string): Experiment {
  const refuse = (problems: readonly Problem[]): ZooError => {
    const ordered = [...problems].sort((a, b) => a.line - b.line);
    const list = ordered.map((problem) => `\n  line ${problem.line}: ${problem.text}`);
    return new ZooError('INVALID_CONFIG', `${path} is no experiment:${list.join('')}`);
  };
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false }); // JSON is YAML too
  if (document.errors.length > 0) {
    // What follows the first ones comes of them.
    const first = document.errors.slice(0, shownErrors);
    throw refuse(
      first.map(({ message, pos }) => ({ line: lines.linePos(pos[0]).line, text: message.split('\n')[0]! })),
    );
  }
  const unresolved: Problem[] = [];
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return;
      const text = `there is no anchor '&${alias.source}' for '*${alias.source}'. A text that begins with * needs quotes.`;
      unresolved.push({ line: lines.linePos(alias.range![0]).line, text });
    },
  });
  if (unresolved.length > 0) throw refuse(unresolved);
  const data: unknown = document.toJS();
  if (data === null || data === undefined) throw refuse([{ line: 1, text: 'the file is empty.' }]);
  const result = experimentSchema.safeParse(data);
  if (result.success) return result.data;
  const file = { document, lines, data, schema: experimentSchema };
  throw refuse(result.error.issues.flatMap((issue) => describeIssue(issue, file)));
}

/** Reads an experiment file. Throws `FILE_NOT_FOUND`, or as `parseExperiment` does. */
export async function readExperiment(path: string): Promise<ExperimentFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const message = `Could not read the experiment ${path}: ${(cause as Error).message}.`;
    throw new ZooError('FILE_NOT_FOUND', message, { cause });
  }
  return { path, text, experiment: parseExperiment(text, path) };
}
