import { isZooError, ZooError } from '@zoo/core';
import type { Dataset } from '@zoo/datasets';
import { extractFeatures, type FeatureStore, type StoreFeaturesOptions } from '@zoo/transfer/node';
import type { Net } from '../net/create-net.ts';

/** Extracts features to disk; refusals name the command's own options, further ones as `words`, rather than the library's. */
export async function storeFeatures(
  net: Net,
  dataset: Dataset,
  options: StoreFeaturesOptions<Net>,
  words: Readonly<Record<string, string>> = {},
): Promise<FeatureStore> {
  try {
    return await extractFeatures<Net>(net, dataset, options);
  } catch (error) {
    if (!isZooError(error)) throw error;
    let { message } = error;
    for (const [option, own] of Object.entries({ 'overwrite: true': '--overwrite', ...words }))
      message = message.replaceAll(option, own);
    throw new ZooError(error.code, message, { cause: error });
  }
}
