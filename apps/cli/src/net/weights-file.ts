import { resolve } from 'node:path';
import { isZooError, type ModelOptions, type Registry, ZooError } from '@zoo/core';
import { checkpointModelState, isCheckpoint } from '@zoo/train';
import { modelMetadata, readModelMetadata } from '@zoo/weights';
import { readSafetensors } from '@zoo/weights/node';
import { createNet, type Net } from './create-net.ts';

const classesKey = 'zoo.classes';

/** A net as its file describes it. */
export interface LoadedNet {
  net: Net;
  model: string;
  options: Record<string, unknown>;
  /** Absent in files of other programs. */
  classNames: readonly string[] | undefined;
}

/** Metadata of the weight files that `zoo train` writes. */
export function weightsMetadata(model: {
  name: string;
  options: object;
  classNames: readonly string[];
}): Record<string, string> {
  return { ...modelMetadata(model), [classesKey]: JSON.stringify(model.classNames) };
}

function readClassNames(metadata: Readonly<Record<string, string>>, path: string): readonly string[] | undefined {
  const text = metadata[classesKey];
  if (text === undefined) return undefined;
  try {
    const names: unknown = JSON.parse(text);
    if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names;
  } catch {} // reported below, as any other value that is no list
  throw new ZooError('CORRUPT_FILE', `${path}: metadata '${classesKey}' is not a list of names.`);
}

export interface LoadNetOptions {
  registry: Registry;
  cwd: string;
  path: string;
  /** Instead of the model that the file names. */
  model?: string | undefined;
  /** Instead of, or besides, the options that the file holds. */
  options: ModelOptions;
}

/** Builds the net that a weight file names and loads its weights; every error names the file. */
export async function loadNet({ registry, cwd, path, ...given }: LoadNetOptions): Promise<LoadedNet> {
  const file = resolve(cwd, path);
  const { tensors, metadata } = await readSafetensors(file);
  const record = readModelMetadata(metadata, { name: file });
  const model = given.model ?? record?.name;
  if (!model) throw new ZooError('INVALID_ARGUMENT', `${file} does not say which model it is for: name it by --model.`);
  const saved = given.model === undefined || given.model === record?.name ? record?.options : undefined;
  const options = { ...saved, ...given.options };
  const net = createNet({ registry, name: model, options });
  try {
    net.loadStateDict(isCheckpoint(metadata) ? checkpointModelState({ tensors, metadata }) : tensors);
  } catch (error) {
    net.dispose();
    if (!isZooError(error)) throw error;
    throw new ZooError(error.code, `${file} does not fit ${model}. ${error.message}`, { cause: error });
  }
  return { net, model, options, classNames: readClassNames(metadata, file) };
}
