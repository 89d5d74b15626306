import { isZooError, ZooError } from '@zoo/core';
import type { Dataset } from '@zoo/datasets';
import { extractFeatures, type FeatureStore, type StoreFeaturesOptions } from '@zoo/transfer/node';
import type { Net } from '../net/create-net.ts';

/** Extracts features to disk; refusals name the command-line option rather than the library's. */
export async function storeFeatures(
  net: Net,
  dataset: Dataset,
  options: StoreFeaturesOptions<Net>,
): Promise<FeatureStore> {
  try {
    return await extractFeatures<Net>(net, dataset, options);
  } catch (error) {
    if (!isZooError(error)) throw error;
    throw new ZooError(error.code, error.message.replaceAll('overwrite: true', '--overwrite'), { cause: error });
  }
}
