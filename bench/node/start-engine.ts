import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { type BackendPlugin, chooseBackend } from '@zoo/core';
import { backendRegistry } from '../../tooling/backends.ts';

/** What an engine says of itself once it runs. */
interface Started {
  versions: Record<string, string>;
  threads: number;
}

const tfjs = { 'tfjs-core': tf.version_core };

/** Engines of tfjs that have one thread whatever is asked for. */
const oneThread = ['cpu', 'wasm', 'tfjs-wasm'];

async function stockWasm(): Promise<Record<string, string>> {
  const { version_wasm } = await import('@tensorflow/tfjs-backend-wasm');
  await tf.setBackend('wasm');
  await tf.ready();
  return { 'tfjs-backend-wasm': version_wasm };
}

async function stockNode(): Promise<Record<string, string>> {
  const folder = process.env['ZOO_TFJS_NODE']!;
  const require = createRequire(join(folder, 'package.json'));
  // The change without which nothing runs on Node >= 23.
  const util = require('node:util') as Record<string, unknown>;
  util['isNullOrUndefined'] ??= (value: unknown) => value == null;
  const { version } = require(folder) as { version: Record<string, string> };
  await tf.setBackend('tensorflow');
  const { binding } = tf.backend() as unknown as { binding: { TF_Version: string } };
  return { 'tfjs-node': version['tfjs-node'] ?? 'unknown', libtensorflow: binding.TF_Version };
}

/** The engines of the repository; the one that takes a number of threads is made with it. */
async function registryOf(name: string, threads: number): Promise<{ backends(): BackendPlugin[] }> {
  if (name !== 'ort') return backendRegistry();
  const { ortBackend } = await import('@zoo/backend-ort');
  return { backends: () => [ortBackend({ threads })] };
}

/** Makes an engine current: tfjs's own ones as they are shipped, all others by `chooseBackend`. */
export async function startEngine(name: string, threads: number): Promise<Started> {
  const versions = { ...tfjs, node: process.version };
  const used = oneThread.includes(name) ? 1 : threads;
  if (name === 'tfjs-wasm') return { versions: { ...versions, ...(await stockWasm()) }, threads: used };
  if (name === 'tfjs-node') return { versions: { ...versions, ...(await stockNode()) }, threads: used };
  const { tried } = await chooseBackend({ registry: await registryOf(name, threads), only: name });
  const detail = tried.find(({ outcome }) => outcome === 'chosen')?.detail;
  return { versions: { ...versions, ...(detail && { engine: detail }) }, threads: used };
}
