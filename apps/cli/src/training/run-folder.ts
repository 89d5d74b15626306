import { join, resolve } from 'node:path';
import { isZooError, parseJson, type StateDict, ZooError } from '@zoo/core';
import type { Checkpoint, EpochRecord, History } from '@zoo/train';
import { readSafetensors, saveSafetensors, writeFileAtomic } from '@zoo/weights/node';
import { type NetRecord, weightsMetadata } from '../net/weights-metadata.ts';
import { shownPath, withOutputFolder } from '../output/output-folder.ts';
import { settingsShape, type TrainSettings } from './settings.ts';

const settingsKey = 'zoo.train';

/** Names of what a training writes. */
export const runFiles = {
  checkpoint: 'checkpoint.safetensors',
  best: 'best.safetensors',
  model: 'model.safetensors',
  history: 'history.json',
  svg: 'curves.svg',
  png: 'curves.png',
  report: 'report.html',
} as const;

export type RunFile = keyof typeof runFiles;

/** The folder that a training writes into; every write leaves either the former file or the whole new one. */
export class RunFolder {
  readonly path: string;
  private readonly cwd: string;

  constructor(cwd: string, path: string) {
    this.cwd = cwd;
    this.path = resolve(cwd, path);
  }

  file(name: RunFile): string {
    return join(this.path, runFiles[name]);
  }

  /** The folder as it is printed: relative where it lies below the current one. */
  get name(): string {
    return shownPath(this.cwd, this.path);
  }

  /** A file's path as it is printed. */
  shown(name: RunFile): string {
    return join(this.name, runFiles[name]);
  }

  /** Makes the folder and keeps other commands out of it while `use` runs. */
  hold<T>(use: () => Promise<T>): Promise<T> {
    return withOutputFolder(this.cwd, this.path, use);
  }

  async write(name: RunFile, content: string | Uint8Array): Promise<void> {
    await writeFileAtomic(this.file(name), [typeof content === 'string' ? Buffer.from(content) : content]);
  }

  async saveCheckpoint({ tensors, metadata }: Checkpoint, settings: TrainSettings, net: NetRecord): Promise<void> {
    const whole = { ...metadata, ...weightsMetadata(net), [settingsKey]: JSON.stringify(settings) };
    await saveSafetensors(this.file('checkpoint'), tensors, whole);
  }

  async saveWeights(
    name: 'best' | 'model',
    state: StateDict,
    { net, record }: { net: NetRecord; record: EpochRecord | undefined },
  ): Promise<void> {
    const figures = record && { 'zoo.epoch': String(record.epoch), 'zoo.testAccuracy': String(record.testAccuracy) };
    await saveSafetensors(this.file(name), state, { ...weightsMetadata(net), ...figures });
  }

  async saveHistory(history: History, settings: TrainSettings): Promise<void> {
    await this.write('history', `${JSON.stringify({ settings, ...history.toJSON() }, null, 2)}\n`);
  }
}

/** A checkpoint file and the settings of the training it comes from. */
export async function readCheckpointFile(path: string): Promise<{ checkpoint: Checkpoint; settings: TrainSettings }> {
  const { tensors, metadata } = await readSafetensors(path).catch((error: unknown) => {
    if (!isZooError(error) || error.code !== 'FILE_NOT_FOUND') throw error;
    throw new ZooError('FILE_NOT_FOUND', `There is no checkpoint to resume from: ${error.message}`, { cause: error });
  });
  let settings: unknown;
  try {
    settings = parseJson(metadata[settingsKey] ?? 'null', { name: path });
  } catch {} // reported below
  if (typeof settings !== 'object' || settings === null) {
    throw new ZooError('STATE_DICT_MISMATCH', `${path} is no checkpoint of 'zoo train': it cannot be resumed.`);
  }
  // Checkpoints of former versions lack the newer settings.
  const whole = { options: {}, resize: null, images: null, ...settings };
  const wrong = settingsShape(whole, '');
  if (wrong) throw new ZooError('CORRUPT_FILE', `${path}: metadata '${settingsKey}' is damaged: ${wrong}.`);
  return { checkpoint: { tensors, metadata, name: path }, settings: whole as unknown as TrainSettings };
}
