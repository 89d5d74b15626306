import { dirname, isAbsolute, join } from 'node:path';
import { unknownName, ZooError } from '@zoo/core';
import { ImageDataset } from '../image-dataset.ts';
import { byCodePoint, fileSizes, filesFingerprint } from './fingerprint.ts';
import type { ImageFileOptions } from './image-folder.ts';
import { type CsvOptions, type CsvTable, needColumn, readCsv } from './read-csv.ts';

export interface ImageCsvOptions extends ImageFileOptions, CsvOptions {
  /** File with a header line and one image a line. */
  csv: string;
  /** Folder of the images; the CSV file's own unless given. */
  root?: string | undefined;
  /** Column of the file names; 'image' unless given. */
  imageColumn?: string | undefined;
  /** Column of the classes; 'label' unless given. */
  labelColumn?: string | undefined;
  /** Appended to every file name, such as '.jpg' where the column holds ids. */
  extension?: string | undefined;
  /** Classes in the order of their labels; else in order of their names, of numbers as numbers. */
  classNames?: readonly string[] | undefined;
  /** Fewer classes are refused; 2 unless given. */
  minClasses?: number | undefined;
}

interface Row {
  line: number;
  name: string;
  className: string;
}

function readRows(table: CsvTable, options: ImageCsvOptions): Row[] {
  const { csv, imageColumn = 'image', labelColumn = 'label', extension = '' } = options;
  for (const column of [imageColumn, labelColumn]) needColumn(table, column, csv);
  const lines = new Map<string, number>();
  return table.rows.map(({ line, values }) => {
    const [file, className] = [values[imageColumn]!, values[labelColumn]!];
    const fail = (message: string): ZooError => new ZooError('CORRUPT_FILE', `${csv}, line ${line}: ${message}`);
    if (file === '') throw fail(`the column '${imageColumn}' is empty.`);
    if (className === '') throw fail(`'${file}' has no label: the column '${labelColumn}' is empty.`);
    const name = (file + extension).replaceAll('\\', '/');
    if (isAbsolute(name) || name.split('/').includes('..')) {
      throw fail(`'${name}' leads out of the folder of the images: names are relative to root.`);
    }
    const before = lines.get(name);
    if (before !== undefined) throw fail(`'${name}' is on line ${before} already.`);
    lines.set(name, line);
    return { line, name, className };
  });
}

function classesOf(rows: readonly Row[], { csv, minClasses = 2, ...options }: ImageCsvOptions): readonly string[] {
  const names = [...new Set(rows.map(({ className }) => className))];
  if (options.classNames) {
    const known = options.classNames;
    const foreign = rows.find(({ className }) => !known.includes(className));
    if (!foreign) return known;
    const { message } = unknownName('class', foreign.className, known);
    throw new ZooError('UNKNOWN_NAME', `${csv}, line ${foreign.line}: ${message}`);
  }
  const folded = new Map<string, string>();
  for (const name of names) {
    const key = name.normalize('NFC').toLowerCase();
    const other = folded.get(key);
    if (other !== undefined) {
      throw new ZooError(
        'DUPLICATE_NAME',
        `${csv}: the classes '${other}' and '${name}' differ by case or accents only.`,
      );
    }
    folded.set(key, name);
  }
  if (names.length < minClasses) {
    const message = `${csv} has one class only, '${names[0]}'; at least ${minClasses} are needed.`;
    throw new ZooError('INVALID_ARGUMENT', `${message} Set minClasses to open it all the same.`);
  }
  const numbers = names.every((name) => /^\d+$/.test(name));
  return names.sort(numbers ? (a, b) => Number(a) - Number(b) : byCodePoint);
}

/**
 * Labelled images that a CSV file lists, such as Kaggle's `labels.csv`. Throws `FILE_NOT_FOUND` for the CSV file or images
 * that are missing, `UNKNOWN_NAME` for a missing column or class (with the nearest there is), `CORRUPT_FILE` naming the line
 * of an empty label, an image listed twice or a path out of `root`, `DUPLICATE_NAME`, `INVALID_ARGUMENT` for one class.
 */
export async function imageCsv(options: ImageCsvOptions): Promise<ImageDataset> {
  const { csv, root = dirname(csv), delimiter, ...others } = options;
  const { imageColumn: _, labelColumn: __, extension: ___, classNames: ____, minClasses: _____, ...rest } = others;
  const rows = readRows(await readCsv(csv, { delimiter }), options);
  const classNames = classesOf(rows, options);
  const labels = new Map(classNames.map((name, label) => [name, label]));
  const paths = rows.map(({ name }) => join(root, name));
  const sizes = await fileSizes(paths);
  const missing = rows.filter((_, i) => sizes[i] === undefined);
  if (missing.length > 0) {
    const [first] = missing;
    const more = missing.length > 1 ? `, and ${missing.length - 1} more are missing` : '';
    const hint = first!.name.includes('.') ? 'Is root the right folder?' : "Set extension, e.g. '.jpg'?";
    const message = `${csv}, line ${first!.line}: there is no file ${join(root, first!.name)}${more}. ${hint}`;
    throw new ZooError('FILE_NOT_FOUND', message);
  }
  return new ImageDataset({
    name: 'image-csv',
    ...rest,
    items: rows.map(({ name, className }, i) => ({ name, source: paths[i]!, label: labels.get(className)! })),
    classNames,
    details: {
      format: 'image-csv',
      content: filesFingerprint(rows.map(({ name }, i) => ({ name, size: sizes[i]! }))),
    },
  });
}
