import type { Dataset, DatasetDescription } from '@zoo/datasets';
import type { FeaturePool } from './pool.ts';

/** Features of a data set: one row of numbers per example and tap, with the examples' labels. */
export interface FeatureSet {
  /** Number of rows. */
  readonly length: number;
  /** Numbers of the rows' examples in the data set: all, but for files that could not be read and were left out. */
  readonly examples: Uint32Array;
  /** Tap names, in the order in which they were asked for. */
  readonly taps: readonly string[];
  /** Numbers per example, by tap. */
  readonly widths: Readonly<Record<string, number>>;
  readonly pool: FeaturePool;
  readonly labels?: Int32Array;
  readonly classNames?: readonly string[];
  /** As plain JSON: what was read from which net, and the description of the data. */
  describe(): DatasetDescription;
  /**
   * The features as examples of shape `[width]`, to train heads on: those of one tap, or of several side by side; by
   * default of all. Throws `UNKNOWN_NAME`.
   */
  dataset(taps?: string | readonly string[]): Dataset;
}

/** A data set as it is, or all features of a feature set. */
export const asDataset = (features: Dataset | FeatureSet): Dataset =>
  'dataset' in features ? features.dataset() : features;
