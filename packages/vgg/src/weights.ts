import type { WeightRecord } from '@zoo/core';

/** Published weights by model and name; data only. */
export const vggWeights: Readonly<Record<string, Readonly<Record<string, WeightRecord>>>> = {};
