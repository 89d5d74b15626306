import type { FeatureStore } from '@zoo/transfer/node';
import type { ImageSource } from '../data/image-source.ts';
import { storeFeatures } from '../features/store-features.ts';
import type { ProgressState } from '../output/progress-line.ts';
import { type Backbone, prepareFor, storeKey } from './backbone.ts';
import type { StudyData } from './gather-data.ts';
import { featureFolder, type StudyPlan } from './plan.ts';

/** Features of one backbone for all parts of the data. */
export interface BackboneFeatures {
  train: FeatureStore;
  /** Absent where a share of the training images serves. */
  validation?: FeatureStore;
  test: FeatureStore;
  /** Whether all of them had been stored before. */
  stored: boolean;
}

export interface ExtractOptions {
  signal?: AbortSignal | undefined;
  onProgress?: (state: ProgressState) => void;
}

/** Extracts the features of one backbone into stores below the study's folder; unchanged ones are used as they are. */
export async function extractStudy(
  backbone: Backbone,
  { plan, data }: { plan: StudyPlan; data: StudyData },
  { signal, onProgress }: ExtractOptions,
): Promise<BackboneFeatures> {
  const name = backbone.spec.name ?? backbone.spec.model;
  let stored = true;
  const extract = async (part: string, images: ImageSource): Promise<FeatureStore> => {
    const dataset = await prepareFor(backbone, images, plan.data.transforms);
    return storeFeatures(backbone.net, dataset, {
      dir: featureFolder(plan, name, `${part}-${storeKey(backbone, dataset)}`),
      taps: backbone.spec.taps,
      pool: backbone.spec.pool,
      batchSize: plan.batchSize,
      overwrite: plan.overwrite,
      ...(signal && { signal }),
      onProgress: ({ done, total }) => {
        stored = false;
        onProgress?.({ label: `${name} ${part}`, done, total });
      },
    });
  };
  const { validation } = data;
  const parts = {
    train: await extract('train', data.train),
    ...(!('fraction' in validation) && { validation: await extract('validation', validation) }),
    test: await extract('test', data.test),
  };
  return { ...parts, stored };
}
