import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { type BackendChoice, formatBytes } from '@zoo/core';
import { version } from '../version.ts';

/** What a training ran on, for its report. */
export function describeEnvironment(backend: BackendChoice): Record<string, string> {
  const chosen = backend.tried.find(({ outcome }) => outcome === 'chosen');
  return {
    Backend: chosen ? `${backend.name}: ${chosen.detail}` : backend.name,
    Processor: `${cpus()[0]?.model.trim() || process.arch}, ${availableParallelism()} usable`,
    Memory: formatBytes(totalmem()),
    System: `${type()} ${release()}`,
    Node: process.version,
    'tfjs-core': tf.version_core,
    zoo: version,
  };
}
