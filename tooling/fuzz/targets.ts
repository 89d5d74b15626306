import type { FuzzTarget } from './target.ts';
import { archive, csv, idx, tarball } from './targets/data.ts';
import { images } from './targets/images.ts';
import { checkpoint, experiment, store } from './targets/training.ts';
import { safetensors, shards, torch } from './targets/weights.ts';

/** Every reader of files that come from elsewhere. */
export const targets: readonly FuzzTarget[] = [
  safetensors,
  torch,
  shards,
  checkpoint,
  store,
  experiment,
  csv,
  archive,
  tarball,
  idx,
  images,
];
