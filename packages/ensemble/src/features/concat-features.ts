import * as tf from '@tensorflow/tfjs-core';
import { type Batch, numElements } from '@zoo/core';
import type { Dataset, DatasetDescription } from '@zoo/datasets';
import type { FeatureSet } from '@zoo/transfer';
import { invalid } from '../options.ts';

/** Features of one backbone: a feature set of `@zoo/transfer`, or rows of one's own as a dataset. */
export type Features = FeatureSet | Dataset;

/** The features of several backbones side by side, one row per example. */
export interface ConcatenatedFeatures extends Dataset {
  /** Width of each backbone's features, as `FeatureEnsemble` wants them. */
  readonly widths: Readonly<Record<string, number>>;
}

class Concatenated implements ConcatenatedFeatures {
  readonly length: number;
  readonly inputShape: readonly number[];
  readonly widths: Readonly<Record<string, number>>;
  readonly labels?: Int32Array;
  readonly classNames?: readonly string[];
  readonly #parts: ReadonlyArray<readonly [string, Dataset]>;

  constructor(parts: ReadonlyArray<readonly [string, Dataset]>) {
    const first = parts[0]![1];
    this.#parts = parts;
    this.length = first.length;
    this.widths = Object.fromEntries(parts.map(([name, { inputShape }]) => [name, numElements(inputShape)]));
    this.inputShape = [Object.values(this.widths).reduce((a, b) => a + b, 0)];
    if (first.labels) this.labels = first.labels;
    if (first.classNames) this.classNames = first.classNames;
  }

  async batch(indices: ArrayLike<number>): Promise<Batch> {
    const batches: Batch[] = [];
    try {
      for (const [, part] of this.#parts) batches.push(await part.batch(indices));
      const rows = () => batches.map(({ inputs }) => tf.reshape(inputs, [indices.length, -1]));
      return { inputs: tf.tidy(() => tf.concat(rows(), 1)), targets: tf.clone(batches[0]!.targets) };
    } finally {
      for (const { inputs, targets } of batches) tf.dispose([inputs, targets]);
    }
  }

  describe(): DatasetDescription {
    return {
      name: `features of ${this.#parts.map(([name]) => name).join(' + ')}`,
      length: this.length,
      inputShape: this.inputShape,
      parts: Object.fromEntries(this.#parts.map(([name, part]) => [name, part.describe()])),
    };
  }
}

/**
 * The features of several backbones side by side: one dataset of rows `[sum of widths]`, in the order of the record.
 * Throws `INVALID_ARGUMENT` unless all sets hold the same examples in the same order, as far as their length, labels,
 * class names, example numbers and the hashes of their data tell.
 */
export function concatFeatures(sets: Readonly<Record<string, Features>>): ConcatenatedFeatures {
  const entries = Object.entries(sets);
  const [first, ...others] = entries;
  if (!first) throw invalid('concatFeatures needs at least one feature set.');
  for (const other of others) refuseDifference(first, other);
  return new Concatenated(entries.map(([name, set]) => [name, 'dataset' in set ? set.dataset() : set] as const));
}

type Named = readonly [string, Features];

function refuseDifference([a, first]: Named, [b, other]: Named): void {
  const refuse = (what: string) =>
    invalid(
      `concatFeatures: '${a}' and '${b}' are not features of the same examples in the same order: ${what}. Extract both from one dataset.`,
    );
  if (first.length !== other.length) throw refuse(`${first.length} against ${other.length} examples`);
  const [rows, otherRows] = [first, other].map((set) => ('examples' in set ? set.examples : undefined));
  const moved = rows && otherRows ? rows.findIndex((example, i) => example !== otherRows[i]) : -1;
  if (moved >= 0) throw refuse(`row ${moved} is example ${rows![moved]} against ${otherRows![moved]} of the data`);
  const { labels } = first;
  if ((labels === undefined) !== (other.labels === undefined)) {
    throw refuse(`'${labels ? b : a}' has no labels and the other has`);
  }
  const wrong = labels?.findIndex((label, i) => label !== other.labels![i]) ?? -1;
  if (wrong >= 0) throw refuse(`example ${wrong} has label ${labels![wrong]} against ${other.labels![wrong]}`);
  const names = [first.classNames, other.classNames].map((list) => JSON.stringify(list ?? null));
  if (names[0] !== names[1]) throw refuse(`class names ${names[0]} against ${names[1]}`);
  const data = [first, other].map((set) => identity(set.describe()).join(', '));
  if (data[0] && data[1] && data[0] !== data[1]) throw refuse(`their data differ (${data[0]} against ${data[1]})`);
}

/** What a description tells the examples apart by: hashes of data and selections, those of what it derives from too. */
function identity(description: object): unknown[] {
  const { data, selection, of } = description as { data?: unknown; selection?: unknown; of?: unknown };
  const own = [data, selection].filter((hash) => hash !== undefined).map((hash) => JSON.stringify(hash));
  return typeof of === 'object' && of !== null ? [...own, ...identity(of)] : own;
}
