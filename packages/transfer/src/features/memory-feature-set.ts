import type { Dataset, DatasetDescription } from '@zoo/datasets';
import { chosenTaps, FeatureDataset, type RowSource } from './feature-dataset.ts';
import type { FeatureSet } from './feature-set.ts';
import type { FeaturePool } from './pool.ts';
import type { TargetRows } from './targets.ts';

export interface MemoryFeatureSetConfig {
  /** Rows one after the other, by tap. */
  rows: ReadonlyMap<string, { values: Float32Array; width: number }>;
  targets: TargetRows;
  /** Numbers of the rows' examples in the data set. */
  examples: Uint32Array;
  /** Whether int32 targets are classes. */
  hasLabels: boolean;
  pool: FeaturePool;
  classNames: readonly string[] | undefined;
  description: Readonly<Record<string, unknown>>;
}

const rowSource = ({ values, width }: { values: Float32Array; width: number }): RowSource => ({
  width,
  copier: () => (row, target, offset) => target.set(values.subarray(row * width, (row + 1) * width), offset),
});

/** Features in host memory. */
export class MemoryFeatureSet implements FeatureSet {
  readonly length: number;
  readonly taps: readonly string[];
  readonly widths: Readonly<Record<string, number>>;
  readonly pool: FeaturePool;
  readonly examples: Uint32Array;
  readonly labels?: Int32Array;
  readonly classNames?: readonly string[];
  readonly #config: MemoryFeatureSetConfig;

  constructor(config: MemoryFeatureSetConfig) {
    this.length = config.examples.length;
    this.examples = config.examples;
    this.taps = [...config.rows.keys()];
    this.widths = Object.fromEntries(Array.from(config.rows, ([tap, { width }]) => [tap, width]));
    this.pool = config.pool;
    if (config.hasLabels && config.targets.labels) this.labels = config.targets.labels;
    if (config.classNames) this.classNames = config.classNames;
    this.#config = config;
  }

  describe(): DatasetDescription {
    const width = Object.values(this.widths).reduce((sum, w) => sum + w, 0);
    const { length, taps, widths, pool } = this;
    return { name: 'features', length, inputShape: [width], taps, widths, pool, ...this.#config.description };
  }

  dataset(taps?: string | readonly string[]): Dataset {
    const { rows, targets, classNames } = this.#config;
    const chosen = chosenTaps(taps, this.taps);
    return new FeatureDataset({
      length: this.length,
      sources: chosen.map((tap) => rowSource(rows.get(tap)!)),
      targets,
      labels: this.labels,
      classNames,
      description: { ...this.describe(), taps: chosen },
    });
  }
}
