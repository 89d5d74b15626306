import * as tf from '@tensorflow/tfjs-core';

interface Runner {
  runKernelFunc(...parts: unknown[]): unknown;
}

/** Runs `f` with the operation of number `at` (from 0) failing, if there are that many; says how many began. */
export async function withFailingOperation<T>(
  at: number,
  f: () => T | Promise<T>,
): Promise<{ count: number; error?: unknown }> {
  const engine = tf.engine() as unknown as Runner;
  const real = engine.runKernelFunc;
  let count = 0;
  engine.runKernelFunc = function (this: Runner, ...parts) {
    if (count++ === at) throw new Error(`Operation ${at} fails.`);
    return real.apply(this, parts);
  };
  try {
    await f();
    return { count };
  } catch (error) {
    return { count, error };
  } finally {
    delete (engine as { runKernelFunc?: unknown }).runKernelFunc;
  }
}

/** What tfjs's engine holds besides data; it has to be as before after a failure. */
export function engineState() {
  const { numTensors, gradientDepth, kernelDepth, scopeStack, activeScope } = tf.engine().state as unknown as {
    numTensors: number;
    gradientDepth: number;
    kernelDepth: number;
    scopeStack: unknown[];
    activeScope: unknown;
  };
  return { numTensors, gradientDepth, kernelDepth, scopes: scopeStack.length, inScope: activeScope !== null };
}
