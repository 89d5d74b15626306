import { resolve } from 'node:path';
import { ZooError } from '@zoo/core';
import type { GivenSettings } from '../options/train-options.ts';
import type { TrainSettings } from './settings.ts';

/** What a resumed training may change without becoming another one. */
const free: ReadonlySet<string> = new Set<keyof TrainSettings>(['epochs', 'patience']);

const show = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

/**
 * Settings of a training that goes on: the checkpoint's, with those that were `given` anew. Throws `INVALID_CONFIG` when a
 * given one would make it a different training.
 */
export function resumedSettings(
  saved: TrainSettings,
  given: GivenSettings,
  { file, cwd }: { file: string; cwd: string },
): TrainSettings {
  const sameData = resolve(cwd, given.data) === resolve(cwd, saved.data);
  const different = Object.entries(given).filter(
    ([key, value]) =>
      !free.has(key) && show(value) !== show(saved[key as keyof TrainSettings]) && !(key === 'data' && sameData),
  );
  if (different.length > 0) {
    const list = different
      .map(([key, value]) => `${key} ${show(value)} (was ${show(saved[key as keyof TrainSettings])})`)
      .join(', ');
    throw new ZooError(
      'INVALID_CONFIG',
      `${file} is of a training with other settings: ${list}. Leave these options out to go on, or --resume to begin anew.`,
    );
  }
  return { ...saved, ...given };
}
