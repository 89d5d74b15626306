import { join } from 'node:path';
import { numElements, sameShape, ZooError } from '@zoo/core';
import type { Dataset, DatasetDescription } from '@zoo/datasets';
import { chosenTaps, FeatureDataset, type RowSource } from '../features/feature-dataset.ts';
import type { FeatureSet } from '../features/feature-set.ts';
import type { FeaturePool } from '../features/pool.ts';
import { TargetRows } from '../features/targets.ts';
import { examplesDone, isComplete, type Manifest, readManifest } from './manifest.ts';
import { readingShard, readRows, type ShardRows, verifyShard } from './shard.ts';
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
    for (const shard of this.manifest.shards) await readingShard(() => verifyShard(this.dir, shard));
  }
}

/** Targets and example numbers of all shards. */
async function readAllRows(dir: string, manifest: Manifest): Promise<{ targets: TargetRows; examples: Uint32Array }> {
  const parts: ShardRows[] = [];
  for (const shard of manifest.shards) {
    const part = await readRows(dir, manifest, shard);
    const [first = part] = parts;
    const alike = first.targets.constructor === part.targets.constructor;
    if (!alike || !sameShape(first.targetShape, part.targetShape)) {
      const path = join(dir, shard.file);
      throw new ZooError(
        'CORRUPT_FILE',
        `${path}: its targets are of another type or shape than those of the first shard.`,
      );
    }
    parts.push(part);
  }
  const { targets: some, targetShape: shape } = parts[0]!;
  const length = parts.reduce((sum, { examples }) => sum + examples.length, 0);
  const size = numElements(shape);
  const targets = some instanceof Int32Array ? new Int32Array(length * size) : new Float32Array(length * size);
  const examples = new Uint32Array(length);
  let row = 0;
  for (const part of parts) {
    targets.set(part.targets, row * size);
    examples.set(part.examples, row);
    row += part.examples.length;
  }
  return { targets: new TargetRows(targets, shape), examples };
}

/** The store of a complete manifest. */
export const storeOf = async (dir: string, manifest: Manifest): Promise<FeatureStore> =>
  new FeatureStore(dir, manifest, await readingShard(() => readAllRows(dir, manifest)));

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
