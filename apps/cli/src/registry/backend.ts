import { type BackendChoice, chooseBackend, type Registry } from '@zoo/core';
import type { CliIo } from '../io.ts';

/** `--backend` wins over ZOO_BACKEND; without either the best one is taken. */
export function forcedBackend(option: string | undefined, env: CliIo['env']): { only?: string } {
  const name = option ?? env['ZOO_BACKEND'];
  return name ? { only: name } : {};
}

/** Makes a backend current for a command that computes. */
export function startBackend(
  option: string | undefined,
  { registry, env }: { registry: Registry; env: CliIo['env'] },
): Promise<BackendChoice> {
  return chooseBackend({ registry, ...forcedBackend(option, env) });
}
