import { resolve } from 'node:path';
import {
  type DownloadProgress,
  type ModelEntry,
  type ModelOptions,
  type Registry,
  type StateDict,
  unknownName,
  type WeightRecord,
  ZooError,
} from '@zoo/core';
import { checkpointModelState, isCheckpoint } from '@zoo/train';
import { loadInto, lookAlike, readModelMetadata } from '@zoo/weights';
import { openWeights, type WeightFile } from '@zoo/weights/node';
import { createNet, inputSpecOf, type Net, setInputSpec } from './create-net.ts';
import { type FusedRecord, readFused } from './fused-record.ts';
import { readClassNames, readInput } from './weights-metadata.ts';

/** A net with weights in it. */
export interface LoadedNet {
  net: Net;
  model: string;
  options: Record<string, unknown>;
  /** By label; `imagenet` for its published list; undefined where nothing says them. */
  classNames: readonly string[] | 'imagenet' | undefined;
  /** Where the net is a backbone with a head of its own. */
  fused?: FusedRecord;
}

export interface LoadNetOptions {
  registry: Registry;
  cwd: string;
  /** A file, `https:` address, `hf:` id, or the name of one of the model's weight records. */
  weights: string;
  /** Instead of the model that the file names. */
  model?: string | undefined;
  /** Instead of, or besides, the options that the file holds. */
  options: ModelOptions;
  onProgress?: (progress: DownloadProgress) => void;
  onNotice?: (notice: string) => void;
  signal?: AbortSignal;
}

const recordName = /^[A-Z][A-Z0-9_]*$/;
const address = /^(hf:|[a-z][a-z0-9+.-]+:)/i;

/** The record that `weights` names; undefined for a file or address. */
function recordOf(weights: string, entry: ModelEntry | undefined): WeightRecord | undefined {
  if (entry && Object.hasOwn(entry.weights, weights)) return entry.weights[weights];
  if (!recordName.test(weights)) return undefined;
  if (!entry) throw new ZooError('INVALID_ARGUMENT', `Name the model that ${weights} is of by --model.`);
  if (Object.keys(entry.weights).length > 0)
    throw unknownName(`weight record of ${entry.name}`, weights, Object.keys(entry.weights));
  throw new ZooError('UNKNOWN_NAME', `${entry.name} has no published weights: name a file, address or hf: id.`);
}

function open(options: LoadNetOptions, record: WeightRecord | undefined): Promise<WeightFile> {
  const { weights, cwd, onProgress, onNotice, signal } = options;
  return openWeights(record?.url ?? (address.test(weights) ? weights : resolve(cwd, weights)), {
    ...(record?.sha256 !== undefined && { sha256: record.sha256 }),
    ...(record?.hashPrefix !== undefined && { hashPrefix: record.hashPrefix }),
    ...(onProgress && { onProgress }),
    ...(onNotice && { onNotice }),
    ...(signal && { signal }),
  });
}

/** The net's part of a checkpoint; any other file as it is. */
async function netState(file: WeightFile): Promise<WeightFile> {
  if (!isCheckpoint(file.metadata)) return file;
  const tensors: StateDict = new Map();
  for (const key of file.tensors.keys()) tensors.set(key, await file.read(key));
  const state = checkpointModelState({ tensors, metadata: file.metadata });
  return { ...file, tensors: state, read: async (key) => state.get(key)! };
}

const looksLike = (file: WeightFile, registry: Registry, model?: string): string => {
  const like = lookAlike(file.tensors, registry);
  return like && like !== model ? `Its tensors look like '${like}'.` : '';
};

/** What preparing images for these weights takes: what the file says, else what the record says. */
function applyInput(net: Net, file: WeightFile, record: WeightRecord | undefined): void {
  const spec = readInput(file.metadata, file.name) ?? record?.inputSpec;
  if (spec && inputSpecOf(net)?.channels === spec.channels) setInputSpec(net, spec);
}

async function fuseOrDispose(backbone: Net, record: FusedRecord): Promise<Net> {
  try {
    const { fuseHead } = await import('./fused-net.ts'); // plain nets start sooner without
    return fuseHead(backbone, record);
  } catch (error) {
    backbone.dispose();
    throw error;
  }
}

/**
 * Builds the net that a weight file names, or the one given, and loads the weights as they are: every tensor must be there
 * with its shape, but for a first kernel adapted to `inChannels`. Errors name the file and the net it looks like.
 */
export async function loadNet(options: LoadNetOptions): Promise<LoadedNet> {
  const { registry, onNotice, signal } = options;
  const entry = options.model === undefined ? undefined : registry.model(options.model);
  const record = recordOf(options.weights, entry);
  const opened = await open(options, record);
  try {
    const file = await netState(opened);
    const saved = readModelMetadata(file.metadata, { name: file.name });
    const model = entry?.name ?? saved?.name;
    if (model === undefined) {
      const hint = looksLike(file, registry);
      throw new ZooError(
        'INVALID_ARGUMENT',
        `${file.name} does not say which model it is for: name it by --model.${hint && ` ${hint}`}`,
      );
    }
    const own = model === saved?.name ? saved.options : {};
    const netOptions = { ...record?.options, ...own, ...options.options };
    const fused = readFused(file.metadata, file.name);
    const backbone = createNet({ registry, name: model, options: netOptions });
    const net = fused ? await fuseOrDispose(backbone, fused) : backbone;
    try {
      const { inChannels } = options.options;
      await loadInto(net, file, {
        ...(onNotice && { onNotice }),
        ...(signal && { signal }),
        ...(inChannels !== undefined && { inChannels }),
        ...(record?.keyMap && { keyMap: record.keyMap }),
        explain: (misfit) => looksLike(misfit, registry, model) || `The model asked for is '${model}'.`,
      });
      applyInput(net, file, record);
      const categories = record?.categories;
      const published =
        typeof categories === 'string' ? (categories === 'imagenet' ? categories : undefined) : categories;
      return {
        net,
        model,
        options: netOptions,
        classNames: readClassNames(file.metadata, file.name) ?? published,
        ...(fused && { fused }),
      };
    } catch (error) {
      net.dispose();
      throw error;
    }
  } finally {
    await opened.close();
  }
}

/** Names of a net's classes: its own, ImageNet's for a thousand, else numbers. */
export async function namesOf({ classNames }: LoadedNet): Promise<(label: number, numClasses: number) => string> {
  const own = classNames === 'imagenet' ? undefined : classNames;
  const { imagenetClasses } = await import('@zoo/transforms/imagenet');
  return (label, numClasses) => (own ?? (numClasses === 1000 ? imagenetClasses : []))[label] ?? `${label}`;
}
