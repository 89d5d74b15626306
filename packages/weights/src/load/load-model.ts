import {
  type ImageModel,
  isZooError,
  type ModelEntry,
  type ModelLoader,
  type ModelOptions,
  unknownName,
  type WeightRecord,
  ZooError,
} from '@zoo/core';
import { readModelMetadata } from '../metadata.ts';
import type { LoadWeightsOptions } from '../source/options.ts';
import type { WeightFile } from '../source/weight-file.ts';
import { loadInto } from './load-into.ts';
import { lookAlike } from './look-alike.ts';

/** Opens weights wherever they are; the platforms differ. */
export type OpenWeights = (source: string, options: LoadWeightsOptions) => Promise<WeightFile>;

const recordName = /^[A-Z][A-Z0-9_]*$/;

/** What the file says of the net's options, if it is of this net. */
function savedOptions(file: WeightFile, name: string): Record<string, unknown> {
  const saved = readModelMetadata(file.metadata, { name: file.name });
  return saved?.name === name ? saved.options : {};
}

/** The preprocessing that the weights want, unless the net has other channels. */
function applyInputSpec(model: object, { inputSpec }: WeightRecord): void {
  if ((model as Partial<ImageModel>).inputSpec?.channels === inputSpec.channels)
    Reflect.set(model, 'inputSpec', inputSpec);
}

const hostOf = (url: string): string => (url.startsWith('hf:') ? 'hf:' : URL.canParse(url) ? new URL(url).host : '');

/** The error of a download, with the model's weights that other hosts have: in browsers not every host can be read. */
function withOtherHosts(error: unknown, { name, weights }: ModelEntry, { url }: WeightRecord): unknown {
  if (!isZooError(error) || error.code !== 'DOWNLOAD_FAILED') return error;
  const others = Object.entries(weights).filter(([, record]) => !['', hostOf(url)].includes(hostOf(record.url)));
  if (others.length === 0) return error;
  const list = others.map(([key, record]) => `${key} (${record.url})`).join(', ');
  const message = `${error.message} Other hosts have these weights of ${name}: ${list}.`;
  return new ZooError('DOWNLOAD_FAILED', message, { cause: error });
}

/** A `ModelLoader` over a platform's way to open weights. */
export const createModelLoader =
  (open: OpenWeights): ModelLoader =>
  async (registry, name, options) => {
    const { weights, onNotice = console.warn, onProgress, signal, offline, cacheDir, ...given } = options;
    const entry = registry.model(name);
    if (typeof weights !== 'string' || weights === '') {
      throw new ZooError('INVALID_ARGUMENT', `Loading '${name}' needs weights: a record's name, a path or an address.`);
    }
    const record = Object.hasOwn(entry.weights, weights) ? entry.weights[weights] : undefined;
    if (!record && recordName.test(weights)) {
      throw unknownName(`weight record of ${name}`, weights, Object.keys(entry.weights));
    }
    const file = await open(record?.url ?? weights, {
      onNotice,
      ...(record?.sha256 !== undefined && { sha256: record.sha256 }),
      ...(record?.hashPrefix !== undefined && { hashPrefix: record.hashPrefix }),
      ...(onProgress && { onProgress }),
      ...(signal && { signal }),
      ...(offline !== undefined && { offline }),
      ...(cacheDir !== undefined && { cacheDir }),
    }).catch((error: unknown) => {
      throw record ? withOtherHosts(error, entry, record) : error;
    });
    try {
      const model = entry.create({ ...record?.options, ...savedOptions(file, name), ...given });
      try {
        const { numClasses, inChannels } = given as ModelOptions;
        await loadInto(model, file, {
          onNotice,
          ...(signal && { signal }),
          ...(numClasses !== undefined && { numClasses }),
          ...(inChannels !== undefined && { inChannels }),
          ...(record?.keyMap && { keyMap: record.keyMap }),
          explain: ({ tensors }) => {
            const like = lookAlike(tensors, registry);
            return like && like !== name ? `Its tensors look like '${like}'.` : '';
          },
        });
      } catch (error) {
        model.dispose();
        throw error;
      }
      if (record) applyInputSpec(model, record);
      return model;
    } finally {
      await file.close();
    }
  };
