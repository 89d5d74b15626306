import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { unknownName, ZooError } from '@zoo/core';
import { checkDistinct, labelsByName } from '../class-names.ts';
import { ImageDataset } from '../image-dataset.ts';
import { type SplitName, splitOf } from '../split-names.ts';
import { findFiles } from './find-files.ts';
import { byCodePoint, filesFingerprint } from './fingerprint.ts';
import type { ImageFileOptions } from './image-folder.ts';
import { type CsvOptions, type CsvRow, readCsv } from './read-csv.ts';
import { checkSplitName, chooseSplit } from './split-folder.ts';

export interface ImageCsvOptions extends ImageFileOptions, CsvOptions {
  /** File with a header line and one image a line. */
  csv: string;
  /** Folder of the images; the CSV file's own unless given. */
  root?: string | undefined;
  /** Column of the file names; 'image' unless given. */
  imageColumn?: string | undefined;
  /** Column of the classes; 'label' unless given. */
  labelColumn?: string | undefined;
  /** Only the rows of this split, as `splitColumn` tells it. */
  split?: SplitName | undefined;
  /** Column that says `train`, `val` or `test`; 'split' unless given. */
  splitColumn?: string | undefined;
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

/** Names relative to the folder of the images; an absolute path may lead into it, also by the folder's real place. */
async function namesIn(root: string): Promise<(file: string) => string | undefined> {
  const bases = [...new Set([resolve(root), await realpath(root).catch(() => resolve(root))])];
  return (file) => {
    for (const base of bases) {
      const name = relative(base, resolve(base, file));
      if (name !== '' && name !== '..' && !name.startsWith(`..${sep}`) && !isAbsolute(name)) {
        return name.replaceAll(sep, '/');
      }
    }
    return undefined;
  };
}

interface Located extends ImageCsvOptions {
  root: string;
}

const columnsOf = ({ imageColumn = 'image', labelColumn = 'label', splitColumn = 'split' }: ImageCsvOptions) => ({
  imageColumn,
  labelColumn,
  splitColumn,
});

/** All rows, also those of other splits: no image may be in two. Only theirs may lack a label. */
async function namedRows(table: readonly CsvRow[], options: Located): Promise<Row[]> {
  const { csv, root, extension = '' } = options;
  const { imageColumn, labelColumn } = columnsOf(options);
  const nameOf = await namesIn(root);
  const lines = new Map<string, number>();
  return table.map(({ line, values }) => {
    const fail = (message: string): ZooError => new ZooError('CORRUPT_FILE', `${csv}, line ${line}: ${message}`);
    const file = values[imageColumn]!;
    if (file === '') throw fail(`the column '${imageColumn}' is empty.`);
    const given = (file + extension).replaceAll('\\', '/');
    const name = nameOf(given);
    if (name === undefined) throw fail(`'${given}' leads out of the folder of the images, ${root}.`);
    const before = lines.get(name);
    if (before !== undefined) throw fail(`'${name}' is on line ${before} already.`);
    lines.set(name, line);
    return { line, name, className: values[labelColumn]! };
  });
}

/** The rows of one split, as numbers. Throws `CORRUPT_FILE` for a cell that is no split's name. */
function rowsOfSplit(table: readonly CsvRow[], split: SplitName, options: Located): Set<number> {
  const { csv } = options;
  const { splitColumn } = columnsOf(options);
  const splits = table.map(({ line, values }) => {
    const cell = values[splitColumn]!;
    const own = splitOf(cell);
    if (own) return own;
    throw new ZooError('CORRUPT_FILE', `${csv}, line ${line}: '${cell}' in '${splitColumn}' is no split's name.`);
  });
  const found = new Map(splits.map((own) => [own, [own]]));
  const chosen = chooseSplit(found, { split, where: csv });
  return new Set(splits.flatMap((own, i) => (own === chosen ? [i] : [])));
}

async function readRows(
  options: Located,
  { needSplits }: { needSplits: boolean },
): Promise<{ rows: Row[]; all: Row[]; hasSplits: boolean }> {
  const { csv, delimiter, split } = options;
  const { imageColumn, labelColumn, splitColumn } = columnsOf(options);
  if (split !== undefined) checkSplitName(split);
  const table = await readCsv(csv, { delimiter, columns: [imageColumn, labelColumn], optional: [splitColumn] });
  const hasSplits = table[0]!.values[splitColumn] !== undefined;
  if (split !== undefined && !hasSplits && needSplits) {
    const message = `${csv} has no column '${splitColumn}' for the split '${split}'.`;
    throw new ZooError('UNKNOWN_NAME', `${message} Name it by splitColumn, or leave out the split.`);
  }
  const chosen = split === undefined || !hasSplits ? undefined : rowsOfSplit(table, split, options);
  const all = await namedRows(table, options);
  const rows = chosen ? all.filter((_, i) => chosen.has(i)) : all;
  const bare = rows.find(({ className }) => className === '');
  if (bare) {
    const message = `'${bare.name}' has no label: the column '${labelColumn}' is empty.`;
    throw new ZooError('CORRUPT_FILE', `${csv}, line ${bare.line}: ${message}`);
  }
  return { rows, all: all.filter(({ className }) => className !== ''), hasSplits };
}

/** The classes of all rows: a split need not have every one of them. */
function classesOf(rows: readonly Row[], { csv, minClasses = 2, ...options }: ImageCsvOptions): readonly string[] {
  const names = [...new Set(rows.map(({ className }) => className))];
  if (options.classNames) {
    const labelOf = labelsByName(options.classNames);
    const foreign = rows.find(({ className }) => labelOf(className) === undefined);
    if (!foreign) return options.classNames;
    const { message } = unknownName('class', foreign.className, options.classNames);
    throw new ZooError('UNKNOWN_NAME', `${csv}, line ${foreign.line}: ${message}`);
  }
  checkDistinct(names, `${csv} has the classes`);
  if (names.length < minClasses) {
    const message = `${csv} has one class only, '${names[0]}'; at least ${minClasses} are needed.`;
    throw new ZooError('INVALID_ARGUMENT', `${message} Set minClasses to open it all the same.`);
  }
  const numbers = names.every((name) => /^\d+$/.test(name));
  return names.sort(numbers ? (a, b) => Number(a) - Number(b) : byCodePoint);
}

/** As `imageCsv`; of a file without splits all images, which `hasSplits` tells. */
export async function openImageRows(
  options: ImageCsvOptions,
  { needSplits = false }: { needSplits?: boolean } = {},
): Promise<{ images: ImageDataset; hasSplits: boolean }> {
  const { csv, root = dirname(csv) } = options;
  const { rows, all, hasSplits } = await readRows({ ...options, root }, { needSplits });
  const classNames = classesOf(all, options);
  const labelOf = labelsByName(classNames);
  const found = await findFiles(
    root,
    rows.map(({ name }) => name),
  );
  const missing = rows.filter((_, i) => !found[i]);
  if (missing.length > 0) {
    const [first] = missing;
    const more = missing.length > 1 ? `, and ${missing.length - 1} more are missing` : '';
    const hint = first!.name.includes('.') ? 'Is root the right folder?' : "Set extension, e.g. '.jpg'?";
    const message = `${csv}, line ${first!.line}: there is no file ${join(root, first!.name)}${more}. ${hint}`;
    throw new ZooError('FILE_NOT_FOUND', message);
  }
  const images = new ImageDataset({
    name: 'image-csv',
    ...options,
    items: rows.map(({ name, className }, i) => ({ name, source: found[i]!.path, label: labelOf(className)! })),
    classNames,
    details: {
      format: 'image-csv',
      content: filesFingerprint(rows.map(({ name }, i) => ({ name, size: found[i]!.size }))),
    },
  });
  return { images, hasSplits };
}

/**
 * Labelled images that a CSV file lists, such as Kaggle's `labels.csv`. Throws `FILE_NOT_FOUND` for the CSV file, its rows of
 * a split or images that are missing, `UNKNOWN_NAME` for a missing column or class (with the nearest there is),
 * `CORRUPT_FILE` naming the line of an empty label, an image listed twice or a path out of `root`, `DUPLICATE_NAME`,
 * `INVALID_ARGUMENT` for one class.
 */
export async function imageCsv(options: ImageCsvOptions): Promise<ImageDataset> {
  return (await openImageRows(options, { needSplits: true })).images;
}
