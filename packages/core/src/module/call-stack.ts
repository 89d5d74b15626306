import { isZooError, ZooError, type ZooErrorCode } from '../error.ts';
import type { Module } from './module.ts';

// biome-ignore lint/suspicious/noExplicitAny: modules of every signature call one another
type AnyModule = Module<any, any>;

/** Sees every module call with its inputs and output; used by summaries. */
export type CallObserver = (module: AnyModule, inputs: unknown[], output: unknown) => void;

const stack: AnyModule[] = [];
const observers = new Set<CallObserver>();
const located = new WeakSet<object>();

/** The innermost module being called, if any. */
export const currentModule = (): AnyModule | undefined => stack.at(-1);

/** How many calls are under way, one inside the other. */
export const callDepth = (): number => stack.length;

/** Runs `f` while `observer` sees all module calls inside it. */
export function observeCalls<T>(observer: CallObserver, f: () => T): T {
  observers.add(observer);
  try {
    return f();
  } finally {
    observers.delete(observer);
  }
}

/** Whether somebody sees module calls. */
export const isObserved = (): boolean => observers.size > 0;

/** Runs one module call; an error inside is reported once, with the path of the layer it came from. */
export function inCall<T>(module: AnyModule, inputs: unknown[], f: () => T): T {
  stack.push(module);
  try {
    const output = f();
    for (const observer of observers) observer(module, inputs, output);
    return output;
  } catch (error) {
    throw locate(error);
  } finally {
    stack.pop();
  }
}

function pathOf(modules: readonly AnyModule[]): string {
  const names: string[] = [];
  for (let i = 1; i < modules.length; i++) {
    const name = nameWithin(modules[i - 1]!, modules[i]!);
    if (name) names.push(name);
  }
  return names.join('.');
}

function nameWithin(parent: AnyModule, child: AnyModule): string | undefined {
  for (const [name, module] of parent.namedModules()) if (module === child) return name;
  return undefined;
}

/** How tfjs's own errors begin; anything else is the caller's error and passes unchanged. */
const opErrors: ReadonlyArray<readonly [RegExp, ZooErrorCode]> = [
  [/^(Error in |Argument )/, 'SHAPE_MISMATCH'],
  [/^Kernel '.*' not registered/, 'NOT_SUPPORTED'],
];

const codeOf = (error: object): ZooErrorCode | undefined =>
  isZooError(error)
    ? error.code
    : opErrors.find(([pattern]) => error instanceof Error && pattern.test(error.message))?.[1];

function locate(error: unknown): unknown {
  if (typeof error !== 'object' || error === null || located.has(error)) return error;
  const code = codeOf(error);
  if (!code) return error;
  const leaf = stack.at(-1)!;
  const path = pathOf(stack);
  const where = path ? `Layer '${path}' (${leaf.constructor.name})` : leaf.constructor.name;
  const wrapped = new ZooError(code, `${where}: ${(error as Error).message}`, { cause: error });
  located.add(wrapped);
  return wrapped;
}
