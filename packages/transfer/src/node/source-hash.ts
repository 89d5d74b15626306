import { createHash, type Hash } from 'node:crypto';
import type { AnyModule } from '@zoo/core';
import type { Dataset, DatasetDescription, Located } from '@zoo/datasets';
import type { FeaturePool } from '../features/pool.ts';
import type { FeatureSource, FileHash } from './manifest.ts';

const addBytes = (hash: Hash, data: ArrayBufferView): Hash =>
  hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));

/** SHA-256 of a net's parameters and buffers, one in memory at a time. */
async function hashWeights(net: AnyModule): Promise<string> {
  const hash = createHash('sha256');
  for (const [name, entry] of net.stateEntries()) {
    const { dtype, shape, data } = await entry.toHost();
    addBytes(hash.update(JSON.stringify([name, dtype, shape])), data);
  }
  return hash.digest('hex');
}

/** JSON with keys in order, so that equal values have equal texts. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  ) ?? 'null';

const hashText = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Keys of a description that say what is done to the examples, rather than which ones they are. */
const transformKeys = ['transform', 'transforms', 'normalize', 'inputShape'];

interface DividedDescription {
  transforms: unknown;
  data: DatasetDescription;
}

/** Takes apart what a data set says of its transforms and of its examples; a subset says so of its source, `of`. */
function divide(description: DatasetDescription): DividedDescription {
  const entries = Object.entries(description);
  const transforms = Object.fromEntries(entries.filter(([key]) => transformKeys.includes(key)));
  const data = Object.fromEntries(entries.filter(([key]) => !transformKeys.includes(key))) as DatasetDescription;
  const { of } = data as { of?: DatasetDescription };
  if (typeof of !== 'object' || of === null) return { transforms, data };
  const inner = divide(of);
  return {
    transforms: { ...transforms, of: inner.transforms },
    data: { ...data, of: inner.data } as DatasetDescription,
  };
}

/** The data set that subsets take their examples from, and which those are. */
function innermost(dataset: Dataset): Located {
  let at: Located = { dataset, indices: Uint32Array.from({ length: dataset.length }, (_, i) => i) };
  while (at.dataset.locate) at = at.dataset.locate(at.indices);
  return at;
}

/**
 * Hash of examples by their description and labels, and by their values where the data set has them in memory or says what its
 * files hold.
 */
async function hashData(dataset: Dataset, description: DatasetDescription, files: FileHash): Promise<string> {
  const hash = createHash('sha256').update(canonical(description));
  if (dataset.labels) addBytes(hash, dataset.labels);
  const { dataset: inner, indices } = innermost(dataset);
  const { inputs } = inner as { inputs?: unknown };
  if (ArrayBuffer.isView(inputs)) addBytes(hash, inputs);
  const print = await inner.fingerprint?.(indices, { whole: files === 'whole' });
  if (print !== undefined) hash.update(print);
  return hash.digest('hex');
}

/** Everything that features depend on. */
export async function featureSource(
  net: AnyModule,
  dataset: Dataset,
  { taps, pool, hashFiles }: { taps: readonly string[]; pool: FeaturePool; hashFiles: FileHash },
): Promise<FeatureSource> {
  // Through JSON, so that it equals what a manifest holds.
  const described = JSON.parse(JSON.stringify(dataset.describe())) as DatasetDescription;
  const { transforms, data } = divide(described);
  return {
    net: net.constructor.name,
    weights: await hashWeights(net),
    transforms: { description: transforms, sha256: hashText(canonical(transforms)) },
    data: { description: data, files: hashFiles, sha256: await hashData(dataset, data, hashFiles) },
    taps: [...taps],
    pool,
    dtype: 'float32',
  };
}

const short = (hash: string): string => hash.slice(0, 12);

/** What differs between two sources, in words; empty when nothing does. */
export function differences(stored: FeatureSource, wanted: FeatureSource): string[] {
  const found: string[] = [];
  const compare = (what: string, a: string, b: string) => {
    if (a !== b) found.push(`${what} (stored: ${a}; now: ${b})`);
  };
  compare('weights', short(stored.weights), short(wanted.weights));
  if (stored.transforms.sha256 !== wanted.transforms.sha256) {
    compare('transforms', canonical(stored.transforms.description), canonical(wanted.transforms.description));
  }
  if (stored.data.files !== wanted.data.files) {
    compare('hashFiles', stored.data.files, wanted.data.files);
  } else if (stored.data.sha256 !== wanted.data.sha256) {
    const [a, b] = [canonical(stored.data.description), canonical(wanted.data.description)];
    if (a === b) found.push(`data (other labels, values or files in '${wanted.data.description.name}')`);
    else compare('data', a, b);
  }
  compare('taps', stored.taps.join(', '), wanted.taps.join(', '));
  compare('pool', stored.pool, wanted.pool);
  compare('dtype', stored.dtype, wanted.dtype);
  return found;
}
