import { shorten, ZooError } from '@zoo/core';
import { readSmallFile } from '@zoo/core/node';
import { LineCounter, parseDocument } from 'yaml';
import { describeIssue, type Problem } from './describe-issue.ts';
import { wrongReference } from './references.ts';
import { type Experiment, experimentSchema } from './schema.ts';
import { tooMuch } from './too-much.ts';

/** An experiment and the text it was read from. */
export interface ExperimentFile {
  /** Absolute. */
  path: string;
  text: string;
  experiment: Experiment;
}

const maxBytes = 2 ** 23;
/** How many errors of syntax are told. */
const shownErrors = 3;
/** How many other errors are told. */
const shownProblems = 20;

/**
 * Reads the text of an experiment, YAML or JSON. Throws `INVALID_CONFIG` that names the file and, for everything that is
 * wrong, the line, the place in the file, what belongs there and what stands there.
 */
export function parseExperiment(text: string, path: string): Experiment {
  const refuse = (problems: readonly Problem[]): ZooError => {
    const ordered = problems.slice(0, shownProblems).sort((a, b) => a.line - b.line);
    const list = ordered.map((problem) => `\n  line ${problem.line}: ${shorten(problem.text, 1000)}`);
    if (problems.length > shownProblems) list.push('\n  ... and more');
    return new ZooError('INVALID_CONFIG', `${path} is no experiment:${list.join('')}`);
  };
  if (text.length > maxBytes) {
    throw refuse([{ line: 1, text: `the file has ${text.length} characters, more than the limit of ${maxBytes}.` }]);
  }
  const excess = tooMuch(text);
  if (excess) throw refuse([{ line: text.slice(0, excess.offset).split('\n').length, text: excess.text }]);
  const lines = new LineCounter();
  // JSON is YAML too. Keys that are there twice are found below: the parser compares each with each.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  if (document.errors.length > 0) {
    // What follows the first ones comes of them.
    const first = document.errors.slice(0, shownErrors);
    throw refuse(
      first.map(({ message, pos }) => ({ line: lines.linePos(pos[0]).line, text: message.split('\n')[0]! })),
    );
  }
  const wrong = wrongReference(document);
  if (wrong) throw refuse([{ line: lines.linePos(wrong.offset).line, text: wrong.text }]);
  const data: unknown = document.toJS({ maxAliasCount: -1 }); // what aliases stand for was counted
  if (data === null || data === undefined) throw refuse([{ line: 1, text: 'the file is empty.' }]);
  const result = experimentSchema.safeParse(data);
  if (result.success) return result.data;
  const file = { document, lines, data, schema: experimentSchema };
  const issues = result.error.issues.slice(0, shownProblems + 1);
  throw refuse(issues.flatMap((issue) => describeIssue(issue, file, shownProblems + 1)));
}

/** Reads an experiment file, of 8 MiB at most. Throws `FILE_NOT_FOUND`, `CORRUPT_FILE`, or as `parseExperiment` does. */
export async function readExperiment(path: string): Promise<ExperimentFile> {
  const bytes = await readSmallFile(path, { name: `the experiment ${path}`, maxBytes });
  const text = new TextDecoder().decode(bytes);
  return { path, text, experiment: parseExperiment(text, path) };
}
