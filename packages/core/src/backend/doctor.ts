import * as tf from '@tensorflow/tfjs-core';
import type { BackendPlugin } from '../plugin.ts';
import { sharedRegistry } from '../registry/registry.ts';
import { activeBackend } from './active.ts';
import { type BackendStatus, probeBackends } from './choose.ts';

export interface DoctorReport {
  /** E.g. `Node v20.20.2 (linux x64)` or the browser's user agent. */
  runtime: string;
  /** Version of tfjs-core. */
  tfjs: string;
  /** Name of the backend in use, if one was chosen. */
  current: string | null;
  backends: BackendStatus[];
  /** Kernels that the backend in use leaves to plain JavaScript. */
  fallbackKernels: readonly string[];
  /** What is wrong and what to do about it; empty when all is well. */
  problems: string[];
  tensors: number;
  bytes: number;
}

function describeRuntime(): string {
  const { process, navigator } = globalThis as {
    process?: { version?: string; platform?: string; arch?: string };
    navigator?: { userAgent?: string };
  };
  if (process?.version) return `Node ${process.version} (${process.platform} ${process.arch})`;
  return navigator?.userAgent ?? 'unknown runtime';
}

/** What works here, what does not, and why; changes nothing. */
export async function doctor(registry: { backends(): BackendPlugin[] } = sharedRegistry()): Promise<DoctorReport> {
  const backends = await probeBackends(registry);
  const problems: string[] = [];
  if (backends.length === 0) problems.push("No backend is registered: import one, e.g. '@zoo/backend-wasm/register'.");
  else if (backends.every((b) => b.outcome === 'unavailable'))
    problems.push('No registered backend can be used; the reasons are above.');
  const { numTensors, numBytes } = tf.memory();
  const current = activeBackend();
  // A second copy of tfjs-core has a KernelBackend class of its own, and the backends extend that one.
  if (current && !(tf.backend() instanceof tf.KernelBackend)) {
    problems.push('Two copies of @tensorflow/tfjs-core are loaded. Pin it to 4.22.0 and run `npm dedupe`.');
  }
  if (tf.version_core !== '4.22.0')
    problems.push(`@tensorflow/tfjs-core is ${tf.version_core}; these packages are tested with 4.22.0.`);
  return {
    runtime: describeRuntime(),
    tfjs: tf.version_core,
    current: current?.name ?? null,
    backends,
    fallbackKernels: current?.fallbackKernels?.() ?? [],
    problems,
    tensors: numTensors,
    bytes: numBytes,
  };
}
