import { nameKey, unknownName, ZooError } from '@zoo/core';
import { CsvError, parse } from 'csv-parse/sync';
import { readUtf8 } from './read-text.ts';

export interface CsvOptions {
  /** What separates columns; ',', ';' or a tab as the header line has it, unless given. */
  delimiter?: string | undefined;
}

export interface CsvRow {
  /** The line it begins on. */
  line: number;
  /** By column; '' where the row is too short. */
  values: Readonly<Record<string, string>>;
}

const mostColumns = 10_000;
const longestRow = 1_500_000;

/** What csv-parse's codes mean for whoever wrote the file. */
const reasons: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote opens and is never closed',
  CSV_MAX_RECORD_SIZE: 'the row is longer than 1.5 MB; is a quote never closed',
  CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE: 'text follows a closing quote; write "" for a quote inside quotes',
};

/** The separator that the header line has most often outside quotes. */
function delimiterOf(bytes: Uint8Array, path: string): string {
  const marks = [',', ';', '\t'].map((mark) => ({ mark, byte: mark.charCodeAt(0), count: 0 }));
  let [at, quoted] = [0, false];
  while (isBreak(bytes, at) || bytes[at] === 13) at++;
  for (; at < Math.min(bytes.length, longestRow) && (quoted || !isBreak(bytes, at)); at++) {
    if (bytes[at] === 34) quoted = !quoted;
    const found = quoted ? undefined : marks.find(({ byte }) => byte === bytes[at]);
    if (found) found.count++;
  }
  const { mark, count } = marks.reduce((best, each) => (each.count > best.count ? each : best));
  if (count >= mostColumns) throw tooMany(path, count + 1);
  if (count > 0) return mark;
  return path.toLowerCase().endsWith('.tsv') ? '\t' : ',';
}

/** Whether a line ends at a byte: at a line feed, or a carriage return without one. */
const isBreak = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] === 10 || (bytes[at] === 13 && bytes[at + 1] !== 10);

const tooMany = (path: string, columns: number): ZooError =>
  new ZooError('CORRUPT_FILE', `${path} has ${columns} columns; ${mostColumns} are the most.`);

/** Tells on which line a byte lies; asked for places in ascending order. */
function lineCounter(bytes: Uint8Array): (at: number) => number {
  let [next, line] = [0, 1];
  return (at) => {
    let start = at; // empty lines before a row are not its own
    while (bytes[start] === 10 || bytes[start] === 13) start++;
    for (; next < start; next++) if (isBreak(bytes, next)) line++;
    return line;
  };
}

/** Puts the wanted columns of a row together; the header comes first. */
class Rows {
  readonly rows: CsvRow[] = [];
  private header: readonly string[] | undefined;
  private places: readonly (readonly [column: string, index: number])[] = [];
  private readonly path: string;
  private readonly wanted: { columns: readonly string[]; optional: readonly string[] };

  constructor(path: string, wanted: { columns: readonly string[]; optional: readonly string[] }) {
    this.path = path;
    this.wanted = wanted;
  }

  get isEmpty(): boolean {
    return this.header === undefined;
  }

  add(record: readonly string[], line: number): void {
    if (!this.header) this.start(record);
    else if (record.length === this.header.length) {
      this.rows.push({ line, values: Object.fromEntries(this.places.map(([name, i]) => [name, record[i] ?? ''])) });
    } else {
      const message = `${record.length} values, but the header has ${this.header.length} columns.`;
      throw new ZooError('CORRUPT_FILE', `${this.path}, line ${line}: ${message}`);
    }
  }

  private start(header: readonly string[]): void {
    const { path, wanted } = this;
    if (header.length > mostColumns) throw tooMany(path, header.length);
    const keys = header.map(nameKey);
    const index = (column: string): number => keys.indexOf(nameKey(column));
    const twice = keys.find((key, i) => key !== '' && keys.indexOf(key) !== i);
    if (twice !== undefined) throw new ZooError('DUPLICATE_NAME', `${path} has the column '${twice}' twice.`);
    const missing = wanted.columns.find((column) => index(column) < 0);
    if (missing !== undefined) {
      throw new ZooError('UNKNOWN_NAME', `${path}: ${unknownName('column', missing, header).message}`);
    }
    const all = [...wanted.columns, ...wanted.optional.filter((column) => index(column) >= 0)];
    this.places = all.map((column) => [column, index(column)]);
    this.header = header;
  }
}

/**
 * Columns of a CSV file with a header line (RFC 4180: quotes, line breaks in them); a quote inside a value that does not
 * begin with one is kept, as Python's csv does. Throws `FILE_NOT_FOUND`, `UNKNOWN_NAME` for a column that is missing,
 * `DUPLICATE_NAME`, `INVALID_ARGUMENT` for a delimiter that is none, or `CORRUPT_FILE` naming the file and line.
 */
export async function readCsv(
  path: string,
  options: CsvOptions & { columns: readonly string[]; optional?: readonly string[] },
): Promise<CsvRow[]> {
  const bytes = await readUtf8(path);
  const { delimiter = delimiterOf(bytes, path), columns, optional = [] } = options;
  const lineOf = lineCounter(bytes);
  const rows = new Rows(path, { columns, optional });
  let end = 0;
  try {
    parse(bytes, {
      delimiter,
      relax_quotes: true,
      relax_column_count: true, // rows of another length are refused above, by the line they begin on
      max_record_size: longestRow,
      skip_empty_lines: true,
      trim: true,
      on_record: (record: string[], { bytes: after }) => {
        rows.add(record, lineOf(end));
        end = after;
        return null; // only what is wanted of it stays in memory
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    if (error.code.startsWith('CSV_INVALID_OPTION')) {
      throw new ZooError('INVALID_ARGUMENT', `${path}: ${error.message}.`, { cause: error });
    }
    const reason = reasons[error.code] ?? error.message;
    throw new ZooError('CORRUPT_FILE', `${path}, line ${lineOf(end)}: ${reason}.`, { cause: error });
  }
  if (rows.isEmpty) throw new ZooError('CORRUPT_FILE', `${path}: the file is empty.`);
  if (rows.rows.length === 0) throw new ZooError('CORRUPT_FILE', `${path}: there are no rows below the header.`);
  return rows.rows;
}
