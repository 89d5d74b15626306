import { ZooError } from '@zoo/core';
import type { Dataset } from './dataset.ts';

/** How often one class occurs. */
export interface ClassCount {
  label: number;
  /** The class's name, or its label where the dataset has no names. */
  name: string;
  count: number;
  /** Share of all examples, 0 to 1. */
  fraction: number;
}

/** Examples per class, also for classes that have none. Throws `INVALID_ARGUMENT` for a dataset without labels. */
export function classBalance({ labels, classNames }: Pick<Dataset, 'labels' | 'classNames'>): ClassCount[] {
  if (!labels) throw new ZooError('INVALID_ARGUMENT', 'classBalance needs a dataset with class labels.');
  const numClasses = classNames?.length ?? labels.reduce((most, label) => Math.max(most, label + 1), 0);
  const counts = new Uint32Array(numClasses);
  for (const label of labels) counts[label]!++;
  return Array.from(counts, (count, label) => ({
    label,
    name: classNames?.[label] ?? `${label}`,
    count,
    fraction: labels.length > 0 ? count / labels.length : 0,
  }));
}
