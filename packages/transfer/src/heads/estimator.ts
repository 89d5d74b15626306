import type { AnyModule } from '@zoo/core';
import type { Dataset } from '@zoo/datasets';
import type { FeatureSet } from '../features/feature-set.ts';

/** A way to make a head from features in one go. */
export interface Estimator<Head extends AnyModule> {
  /** A new head, `[n, width]` to scores `[n, numClasses]`, for these examples. */
  fit(features: Dataset | FeatureSet): Promise<Head>;
}
