import { join } from 'node:path';
import { numElements, ZooError } from '@zoo/core';
import type { Dataset, DatasetDescription } from '@zoo/datasets';
import { openSafetensors, sha256File } from '@zoo/weights/node';
import { chosenTaps, FeatureDataset, type RowSource } from '../features/feature-dataset.ts';
import type { FeatureSet } from '../features/feature-set.ts';
import type { FeaturePool } from '../features/pool.ts';
import { TargetRows } from '../features/targets.ts';
import { examplesDone, isComplete, type Manifest, readManifest } from './manifest.ts';
import { readingShard } from './shard.ts';
import { ShardCache } from './shard-cache.ts';

/** Features in a folder: safetensors shards and `manifest.json`. Rows are read when they are asked for. */
export class FeatureStore implements FeatureSet {
  readonly dir: string;
  readonly length: number;
  readonly examples: Uint32Array;
  readonly taps: readonly string[];
  readonly widths: Readonly<Record<string, number>>;
  readonly pool: FeaturePool;
  readonly labels?: Int32Array;
  readonly classNames?: readonly string[];
  /** What the features are of, and the shards. */
  readonly manifest: Readonly<Manifest>;
  readonly #targets: TargetRows;
  readonly #cache: ShardCache;

  constructor(dir: string, manifest: Manifest, rows: { targets: TargetRows; examples: Uint32Array }) {
    this.dir = dir;
    this.manifest = manifest;
    this.examples = rows.examples;
    this.length = rows.examples.length;
    this.taps = manifest.source.taps;
    this.widths = Object.fromEntries(this.taps.map((tap, i) => [tap, manifest.widths[i]!]));
    this.pool = manifest.source.pool;
    this.#targets = rows.targets;
    if (manifest.hasLabels && rows.targets.labels) this.labels = rows.targets.labels;
    if (manifest.classNames) this.classNames = manifest.classNames;
    this.#cache = new ShardCache(dir, manifest);
  }

  describe(): DatasetDescription {
    const { source, widths } = this.manifest;
    const { net, weights, transforms, data, taps, pool } = source;
    return {
      name: 'features',
      length: this.length,
      inputShape: [widths.reduce((sum, width) => sum + width, 0)],
      taps,
      widths: this.widths,
      pool,
      net,
      weights,
      of: data.description,
      transforms: transforms.description,
      content: data.sha256,
    };
  }

  dataset(taps?: string | readonly string[]): Dataset {
    const chosen = chosenTaps(taps, this.taps);
    const sources = chosen.map((tap): RowSource => {
      const width = this.widths[tap]!;
      return { width, copier: (rows) => this.#cache.copier(rows, { tap, width }) };
    });
    return new FeatureDataset({
      length: this.length,
      sources,
      targets: this.#targets,
      labels: this.labels,
      classNames: this.classNames,
      description: { ...this.describe(), taps: chosen },
    });
  }

  /** Reads every shard and compares its hash with the manifest's. Throws `CORRUPT_FILE` naming the file. */
  async verify(): Promise<void> {
    for (const { file, sha256 } of this.manifest.shards) {
      const path = join(this.dir, file);
      if ((await sha256File(path)) === sha256) continue;
      throw new ZooError(
        'CORRUPT_FILE',
        `${path} has changed since it was written. Extract anew with overwrite: true.`,
      );
    }
  }
}

/** Targets and example numbers of all shards. */
async function readRows(dir: string, { shards }: Manifest): Promise<{ targets: TargetRows; examples: Uint32Array }> {
  const length = shards.reduce((sum, { rows }) => sum + rows, 0);
  const examples = new Uint32Array(length);
  let targets: Int32Array | Float32Array | undefined;
  let shape: readonly number[] = [];
  let row = 0;
  for (const shard of shards) {
    const file = await openSafetensors(join(dir, shard.file));
    try {
      const part = await file.read('targets');
      shape = part.shape.slice(1);
      const size = length * numElements(shape);
      targets ??= part.dtype === 'int32' ? new Int32Array(size) : new Float32Array(size);
      targets.set(part.data as Int32Array, row * numElements(shape));
      examples.set((await file.read('examples')).data as Int32Array, row);
    } finally {
      await file.close();
    }
    row += shard.rows;
  }
  return { targets: new TargetRows(targets ?? new Int32Array(), shape), examples };
}

/** The store of a complete manifest. */
export const storeOf = async (dir: string, manifest: Manifest): Promise<FeatureStore> =>
  new FeatureStore(dir, manifest, await readingShard(() => readRows(dir, manifest)));

/**
 * Opens features that `extractFeatures` wrote to `dir`. Throws `FILE_NOT_FOUND` where there are none, `INTERRUPTED`
 * where the extraction has not ended, `CORRUPT_FILE`.
 */
export async function openFeatureStore(dir: string): Promise<FeatureStore> {
  const manifest = await readManifest(dir);
  if (!manifest) throw new ZooError('FILE_NOT_FOUND', `There are no stored features in ${dir}.`);
  if (isComplete(manifest)) return storeOf(dir, manifest);
  throw new ZooError(
    'INTERRUPTED',
    `${dir} has the features of ${examplesDone(manifest)} of ${manifest.examples} examples: call extractFeatures again to go on.`,
  );
}
