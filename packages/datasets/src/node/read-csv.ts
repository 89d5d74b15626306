import { unknownName, ZooError } from '@zoo/core';
import { type CsvError, parse } from 'csv-parse/sync';
import { readText } from './read-text.ts';

export interface CsvTable {
  columns: readonly string[];
  /** Each with the line it begins on. */
  rows: readonly { line: number; values: Readonly<Record<string, string>> }[];
}

export interface CsvOptions {
  /** ',' unless given; a tab for .tsv files. */
  delimiter?: string | undefined;
}

/**
 * A CSV file with a header line (RFC 4180: quotes, line breaks in them). Throws `FILE_NOT_FOUND`, or `CORRUPT_FILE` naming
 * the file and line of a row that has too many or too few values, or a column that is there twice.
 */
export async function readCsv(path: string, options: CsvOptions = {}): Promise<CsvTable> {
  const { delimiter = path.toLowerCase().endsWith('.tsv') ? '\t' : ',' } = options;
  const fail = (message: string, cause?: unknown): ZooError =>
    new ZooError('CORRUPT_FILE', `${path}: ${message}`, { cause });
  let records: { record: string[]; info: { lines: number } }[];
  try {
    // csv-parse's types do not follow its `info` option.
    records = parse(await readText(path), {
      delimiter,
      info: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as typeof records;
  } catch (error) {
    if (!(error as CsvError).code?.startsWith('CSV_')) throw error;
    throw fail(`${(error as Error).message}.`, error);
  }
  const [header, ...body] = records;
  if (!header) throw fail('the file is empty.');
  const columns = header.record;
  const twice = columns.find((column, i) => columns.indexOf(column) !== i);
  if (twice !== undefined) throw new ZooError('DUPLICATE_NAME', `${path} has the column '${twice}' twice.`);
  if (body.length === 0) throw fail('there are no rows below the header.');
  const rows = body.map(({ record, info }) => ({
    line: info.lines,
    values: Object.fromEntries(columns.map((column, i) => [column, record[i] ?? ''])),
  }));
  return { columns, rows };
}

/** Refuses a column that the table lacks, with the nearest that it has. */
export function needColumn({ columns }: CsvTable, column: string, path: string): void {
  if (columns.includes(column)) return;
  throw new ZooError('UNKNOWN_NAME', `${path}: ${unknownName('column', column, columns).message}`);
}
