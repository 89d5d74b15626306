import * as tf from '@tensorflow/tfjs-core';
import { type Batch, ZooError } from '@zoo/core';
import type { Dataset, DatasetDescription } from '@zoo/datasets';
import { checkIndices, type TargetRows } from './targets.ts';

/** Copies row `row` to `target` at `offset`. */
export type CopyRow = (row: number, target: Float32Array, offset: number) => void;

/** Rows of one tap. */
export interface RowSource {
  readonly width: number;
  /** What copies the given rows, once it is there. */
  copier(rows: ArrayLike<number>): CopyRow | Promise<CopyRow>;
}

export interface FeatureDatasetConfig {
  length: number;
  sources: readonly RowSource[];
  targets: TargetRows;
  labels: Int32Array | undefined;
  classNames: readonly string[] | undefined;
  description: DatasetDescription;
}

/** Features of one or more taps, side by side. */
export class FeatureDataset implements Dataset {
  readonly length: number;
  readonly inputShape: readonly number[];
  readonly labels?: Int32Array;
  readonly classNames?: readonly string[];
  readonly #config: FeatureDatasetConfig;

  constructor(config: FeatureDatasetConfig) {
    this.length = config.length;
    this.inputShape = [config.sources.reduce((sum, { width }) => sum + width, 0)];
    if (config.labels) this.labels = config.labels;
    if (config.classNames) this.classNames = config.classNames;
    this.#config = config;
  }

  batch(indices: ArrayLike<number>): Batch | Promise<Batch> {
    checkIndices('features', indices, this.length);
    const copiers = this.#config.sources.map((source) => source.copier(indices));
    return copiers.some((copier) => copier instanceof Promise)
      ? Promise.all(copiers).then((ready) => this.#gather(indices, ready))
      : this.#gather(indices, copiers as CopyRow[]);
  }

  describe(): DatasetDescription {
    return { ...this.#config.description, inputShape: this.inputShape };
  }

  #gather(indices: ArrayLike<number>, copiers: readonly CopyRow[]): Batch {
    const [width] = this.inputShape as [number];
    const inputs = new Float32Array(indices.length * width);
    for (let i = 0; i < indices.length; i++) {
      let offset = i * width;
      for (const [at, source] of this.#config.sources.entries()) {
        copiers[at]!(indices[i]!, inputs, offset);
        offset += source.width;
      }
    }
    return { inputs: tf.tensor2d(inputs, [indices.length, width]), targets: this.#config.targets.batch(indices) };
  }
}

/** The wanted taps of those there are; all by default. Throws `UNKNOWN_NAME`. */
export function chosenTaps(wanted: string | readonly string[] | undefined, known: readonly string[]): string[] {
  const names = typeof wanted === 'string' ? [wanted] : [...(wanted ?? known)];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined && names.length > 0) return names;
  const what = names.length === 0 ? 'Name at least one tap.' : `There are no features of '${unknown}'.`;
  throw new ZooError('UNKNOWN_NAME', `${what} These were extracted: ${known.join(', ')}.`);
}
